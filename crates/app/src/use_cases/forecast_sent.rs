//! Forecasting from prices that a client sent. Nothing of them is stored.

use std::{cmp::Reverse, sync::Arc, time::Instant};

use chrono::{Datelike as _, NaiveDate};
use closecast_domain::{
    Exchange, Forecast, ForecastError, History, HistoryError, RawBar, RawSeries, Severity, Symbol, SymbolError,
    TradingCalendar,
};
use closecast_model::{RangeNeed, TrainedModel, is_model_name};

use crate::{
    error::AppError,
    services::Services,
    state::LoadedModel,
    use_cases::{
        forecast::{is_stale, serving, with_sessions},
        history::{self, market_day},
        market,
        serving::{self, BASE},
    },
};

/// Prices that a client sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Whose prices they are; without it the days are those of New York.
    pub symbol: Option<Symbol>,
    /// Model to use; the symbol's own, or BASE, when absent.
    pub model: Option<String>,
    /// The field or file that they came in, to be named in messages.
    pub place: String,
    /// The prices. Their dates count only if they were sent too.
    pub series: RawSeries,
    /// Whether dates were sent.
    pub dated: bool,
    /// Day of the last price, where the rows have no dates.
    pub as_of: Option<NaiveDate>,
    /// Whether to look if they are stored.
    pub look_up: bool,
}

/// Years before have no prices that anybody could send.
const FIRST_YEAR: i32 = 1800;

/// Findings about the prices that are told.
const MOST_FINDINGS: usize = 20;

/// Fewest closes that are a window and no mistake.
const FEWEST_CLOSES: usize = 20;

/// Where the prices of a forecast came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The client sent them.
    Sent,
    /// They are stored.
    Stored,
    /// They were fetched for it.
    Fetched,
}

/// A forecast from prices that were sent.
#[derive(Clone)]
pub struct SentForecast {
    /// The forecast, of at least one session. Without a symbol it has the one of [`placeholder_symbol`].
    pub forecast: Forecast,
    /// The model that made it.
    pub served: Arc<LoadedModel>,
    /// The prices are older than the exchange's last settled session.
    pub stale: bool,
    /// Whose prices they are.
    pub symbol: Option<Symbol>,
    /// Where the prices came from.
    pub source: Source,
    /// Sessions that it rests on.
    pub sessions_used: usize,
    /// What was assumed, found or left out.
    pub notes: Vec<String>,
}

/// Returns the symbol of prices that were sent without one, on the exchange that is assumed.
///
/// # Errors
/// None in practice.
pub fn placeholder_symbol() -> Result<Symbol, SymbolError> {
    Symbol::new("WINDOW")
}

/// Forecasts from prices that were sent. Where they are the stored closes of their symbol, the stored prices are used, which have
/// the open, high, low and volume of each day too.
///
/// # Errors
/// [`AppError::UnknownModel`] or [`AppError::NoModel`] when there is no such model, [`AppError::Usage`] naming the field when the
/// prices are too few or do not tell what the model needs, [`AppError::Busy`] when too many wait already.
pub async fn forecast_sent(app: &Services, sent: Sent) -> Result<SentForecast, AppError> {
    let served = model_for(app, sent.symbol.as_ref(), sent.model.as_deref()).await?;
    let closes_do = sent.series.has_ranges() || served.model.range_need() != RangeNeed::Everything;
    let (given, needed) = (closes(&sent.series), served.model.sessions_needed());
    let stored = recognised(app, &sent).await?;
    if (closes_do && given >= needed) || sent.model.is_some() || stored.is_some() {
        return of_stored_or_sent(app, &served, sent, stored).await;
    }
    // Nobody asked for a model, and the usual one of the symbol cannot say anything about so little.
    let base = serving::base(app).await?;
    if closes_do && base.model.range_need() != RangeNeed::Spread {
        // Nor can a BASE whose point depends on the days before.
        return of_stored_or_sent(app, &served, sent, stored).await;
    }
    let mut made = from_sent(app, &base, sent).await?;
    if served.version.name != base.version.name {
        let name = &served.version.name;
        made.notes.push(if closes_do {
            format!("{name} looks at {needed} sessions, and {given} were given: {BASE} was used.")
        } else {
            format!(
                "{name} looks at how far the price moves within a day, which closes alone do not tell: {BASE} was used."
            )
        });
    }
    Ok(made)
}

/// The same with a model that is at hand, whichever the prices name.
///
/// # Errors
/// As for [`forecast_sent`], but for those of the model.
pub async fn forecast_with(app: &Services, served: &Arc<LoadedModel>, sent: Sent) -> Result<SentForecast, AppError> {
    let stored = recognised(app, &sent).await?;
    of_stored_or_sent(app, served, sent, stored).await
}

/// Forecasts from the stored prices that were recognised, or from those that were sent.
async fn of_stored_or_sent(
    app: &Services,
    served: &Arc<LoadedModel>,
    sent: Sent,
    stored: Option<History>,
) -> Result<SentForecast, AppError> {
    let Some(history) = stored else { return from_sent(app, served, sent).await };
    let history = match &served.model {
        TrainedModel::Base(_) => market::in_market(app, history).await?,
        TrainedModel::Lstm(_) => history,
    };
    let notes = vec![format!("{}: these are stored closes; the stored prices were used.", sent.place)];
    let made = compute(app, served, &sent.place, move || Ok((history, notes))).await?;
    Ok(made.into_forecast(app, served, sent.symbol, Source::Stored))
}

/// Returns the model to use for prices of `symbol`, if they are anybody's.
///
/// # Errors
/// [`AppError::UnknownModel`] or [`AppError::NoModel`] when there is none of that name, [`AppError`] when it cannot be read.
pub async fn model_for(
    app: &Services,
    symbol: Option<&Symbol>,
    model: Option<&str>,
) -> Result<Arc<LoadedModel>, AppError> {
    match (symbol, model) {
        (Some(symbol), model) => serving(app, symbol, model).await,
        (None, None) => serving::base(app).await,
        (None, Some(BASE)) => serving::base(app).await,
        (None, Some(name)) => {
            let found = if is_model_name(name) { serving::served(app, name).await? } else { None };
            found.ok_or_else(|| AppError::UnknownModel(name.to_owned()))
        }
    }
}

/// Returns the stored history that ends with the closes that were sent, if it does.
async fn recognised(app: &Services, sent: &Sent) -> Result<Option<History>, AppError> {
    let alone = sent.look_up && !sent.dated && !sent.series.has_ranges();
    let Some(symbol) = sent.symbol.as_ref().filter(|_| alone) else { return Ok(None) };
    match history::load(app, symbol).await {
        Ok(loaded) => {
            let closes: Vec<f64> = sent.series.bars.iter().filter_map(|bar| bar.close).collect();
            Ok(loaded.history.ending_with(&closes, sent.as_of))
        }
        Err(AppError::NoHistory(_) | AppError::History(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn from_sent(app: &Services, served: &Arc<LoadedModel>, mut sent: Sent) -> Result<SentForecast, AppError> {
    let exchange = Exchange::of(&sent.series.symbol);
    let market = market_day(app, exchange);
    let mut notes = Vec::new();
    if !sent.dated {
        let last = sent.as_of.unwrap_or(market.last_settled);
        if last > market.today || last.year() < FIRST_YEAR {
            return Err(AppError::Usage(format!("as_of: {last} has not come yet, or is before {FIRST_YEAR}")));
        }
        notes.push(date_sessions(&mut sent.series, exchange, last));
    }
    let has_ranges = sent.series.has_ranges();
    if !has_ranges && served.model.range_need() == RangeNeed::Everything {
        return Err(closes_do_not_do(&sent.place, &served.version.name));
    }
    let (rows, given) = (sent.series.bars.len(), closes(&sent.series));
    let first = sent.series.bars.iter().map(|bar| bar.date).min();
    let needed = served.model.sessions_needed();
    let knows_spread_alone = served.model.range_need() == RangeNeed::Spread;
    if knows_spread_alone && given < FEWEST_CLOSES {
        let said = format!("{}: has {given} prices, and a forecast needs {FEWEST_CLOSES} at least", sent.place);
        return Err(AppError::Usage(said));
    }
    let lengthened = knows_spread_alone && given < needed;
    if lengthened {
        sent.series.bars.retain(RawBar::has_close);
        lengthen(&mut sent.series, exchange, needed);
        let name = &served.version.name;
        notes.push(format!(
            "{given} sessions are fewer than the {needed} that {name} looks at. Its point does not depend on them: it is the last close."
        ));
    }
    if sent.series.bars.iter().all(|bar| bar.volume.is_none()) {
        notes.push("No volumes were given: trade is taken for average.".to_owned());
    }
    let (series, today) = (sent.series, market.today);
    let made_up = if lengthened { needed.saturating_sub(given) } else { 0 };
    let check = move || {
        let (history, report) = History::check(series, Some(today))?;
        let kept = report.rows_kept.saturating_sub(made_up);
        if kept < rows {
            notes.push(format!("{kept} of {rows} rows were used."));
        }
        let mut defects: Vec<_> = report
            .defects
            .iter()
            .filter(|defect| defect.severity != Severity::Info && Some(defect.end_date) >= first)
            .collect();
        // What was done to the newest prices matters most.
        defects.sort_by_key(|defect| (Reverse(defect.severity), Reverse(defect.end_date)));
        notes.extend(defects.iter().take(MOST_FINDINGS).map(|d| format!("{}: {}: {}.", d.date, d.detail, d.action)));
        if defects.len() > MOST_FINDINGS {
            notes.push(format!("{} more findings are not listed.", defects.len() - MOST_FINDINGS));
        }
        Ok((history, notes))
    };
    let made = compute(app, served, &sent.place, check).await?;
    let mut made = made.into_forecast(app, served, sent.symbol, Source::Sent);
    if lengthened || (knows_spread_alone && !has_ranges) {
        made.notes.push(without_spread(&mut made.forecast, &served.version.name, has_ranges));
    }
    if lengthened {
        made.sessions_used = given;
    }
    Ok(made)
}

/// Returns how many rows have a close.
fn closes(series: &RawSeries) -> usize {
    series.bars.iter().filter(|bar| bar.has_close()).count()
}

/// Puts sessions before the first one until there are `need`: the closes that were given, mirrored. For a model whose point is the last
/// close, of whose forecast only the point is told.
fn lengthen(series: &mut RawSeries, exchange: Exchange, need: usize) {
    let Some(first) = series.bars.iter().min_by_key(|bar| bar.date).cloned() else { return };
    let Some((anchor, before)) = first.close.zip(first.date.pred_opt()) else { return };
    let sessions = TradingCalendar::new(exchange).sessions_until(before, need.saturating_sub(series.bars.len()));
    let mirrored = series.bars.iter().filter_map(|bar| bar.close).map(|close| anchor * (anchor / close));
    let closes: Vec<f64> = mirrored.collect();
    let earlier = sessions.iter().rev().zip(closes.iter().cycle());
    let earlier = earlier.map(|(&date, &close)| RawBar { close: Some(close), ..RawBar::empty(date) });
    series.bars.extend(earlier);
    series.bars.sort_by_key(|bar| bar.date);
}

/// Dates rows that have no dates: as the exchange's sessions up to `last`.
fn date_sessions(series: &mut RawSeries, exchange: Exchange, last: NaiveDate) -> String {
    let sessions = TradingCalendar::new(exchange).sessions_until(last, series.bars.len());
    series.bars.iter_mut().zip(&sessions).for_each(|(bar, &session)| bar.date = session);
    let last = sessions.last().copied().unwrap_or(last);
    format!("No dates were given: the prices are taken for those of the newest sessions up to {last}.")
}

fn closes_do_not_do(place: &str, model: &str) -> AppError {
    AppError::Usage(format!(
        "{place}: the model {model} looks at how far the price moves within a day, which closes alone do not tell: send rows \
         with open, high, low and close, or name a model that was trained on closes"
    ))
}

/// Leaves out what rests on open, high and low of many days: with closes alone the intervals come out a fifth too narrow.
fn without_spread(forecast: &mut Forecast, name: &str, has_ranges: bool) -> String {
    for session in &mut forecast.sessions {
        session.quantiles.clear();
    }
    if has_ranges {
        return format!("So few sessions do not tell {name} how far the price may move: no interval is given.");
    }
    format!(
        "Closes alone do not tell how far the price moves within a day, from which {name} knows the spread: no interval is given. \
         Send open, high and low too."
    )
}

/// A forecast, and what it was made from.
struct Made {
    forecast: Forecast,
    notes: Vec<String>,
    sessions_used: usize,
}

impl Made {
    fn into_forecast(
        self,
        app: &Services,
        served: &Arc<LoadedModel>,
        symbol: Option<Symbol>,
        source: Source,
    ) -> SentForecast {
        let Self { forecast, notes, sessions_used } = self;
        let stale = is_stale(app, &forecast, Exchange::of(&forecast.symbol));
        SentForecast { forecast, served: Arc::clone(served), stale, symbol, source, sessions_used, notes }
    }
}

/// Lets the model forecast, away from the threads that answer.
async fn compute(
    app: &Services,
    served: &Arc<LoadedModel>,
    place: &str,
    history: impl FnOnce() -> Result<(History, Vec<String>), AppError> + Send + 'static,
) -> Result<Made, AppError> {
    let (forecaster, metrics) = (Arc::clone(served), Arc::clone(&app.metrics));
    let work = move || {
        let (history, notes) = history()?;
        let sessions_used = history.len();
        let begun = Instant::now();
        let forecast = with_sessions(forecaster.model.forecast(&forecaster.model.prepare(&history)?)?)?;
        metrics.inference.record(begun.elapsed());
        metrics.predictions.of(&forecast.symbol).add_one();
        Ok(Made { forecast, notes, sessions_used })
    };
    let done: Result<Made, AppError> = app.limiter.compute(work).await?;
    done.map_err(|failure| named(failure, place, &served.version.name))
}

/// Tells what is wrong with prices in the words of whoever sent them.
fn named(failure: AppError, place: &str, model: &str) -> AppError {
    match failure {
        AppError::Forecast(ForecastError::TooShort { have, need, .. }) => AppError::Usage(format!(
            "{place}: has {have} usable sessions, but the model {model} needs {need}: send more, or name a model with a shorter window"
        )),
        AppError::Forecast(error @ (ForecastError::NonFinite { .. } | ForecastError::Unsuitable(_))) => {
            AppError::Usage(format!("{place}: {error}"))
        }
        AppError::History(HistoryError::NoUsableRow { .. }) => AppError::Usage(format!(
            "{place}: no price in it can be used: a close is a positive number, and its day has come"
        )),
        AppError::History(error) => AppError::Usage(format!("{place}: {error}")),
        other => other,
    }
}
