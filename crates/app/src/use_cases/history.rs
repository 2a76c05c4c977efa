//! The checked history of a symbol, from the store.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_data::{refresh::MarketDay, yahoo::YahooSettings};
use closecast_domain::{Exchange, History, QualityReport, Quote, RawSeries, Symbol};

use crate::{error::AppError, services::Services};

/// A stored series, checked.
pub struct LoadedHistory {
    /// Prices as stored.
    pub series: RawSeries,
    /// The same, checked and adjusted.
    pub history: History,
    /// What the check found.
    pub report: QualityReport,
    /// When the prices were stored.
    pub stored_at: DateTime<Utc>,
    /// A session has been settled since the newest bar.
    pub stale: bool,
}

/// Returns the stored history of `symbol`.
///
/// # Errors
/// [`AppError::NoHistory`] when nothing is stored, [`AppError::History`] when nothing of it is usable.
pub async fn load(app: &Services, symbol: &Symbol) -> Result<LoadedHistory, AppError> {
    let stored = app.store.bars().load(symbol).await?.ok_or_else(|| AppError::NoHistory(symbol.clone()))?;
    let market = market_day(app, Exchange::of(symbol));
    let series = stored.series;
    // Decades of prices take milliseconds, in which a thread that answers requests could answer many.
    let check = move || History::check(series.clone(), Some(market.today)).map(|checked| (series, checked));
    let checked = tokio::task::spawn_blocking(check).await.map_err(|panic| AppError::Internal(panic.to_string()))?;
    let (series, (history, report)) = checked?;
    let stale = history.last().date < market.last_settled;
    Ok(LoadedHistory { series, history, report, stored_at: stored.stored_at, stale })
}

/// Rows looked at for the last close and the one before, of which some may be of no use.
const ROWS_OF_A_QUOTE: u64 = 20;

/// Returns the last close of `symbol` and what happened since the one before, without reading all of its history; `None` when
/// nothing usable is stored.
///
/// # Errors
/// [`AppError::Store`] when reading fails.
pub async fn quote(app: &Services, symbol: &Symbol) -> Result<Option<Quote>, AppError> {
    let Some(stored) = app.store.bars().load_newest(symbol, ROWS_OF_A_QUOTE).await? else { return Ok(None) };
    let today = market_day(app, Exchange::of(symbol)).today;
    Ok(History::check(stored.series, Some(today)).ok().map(|(history, _report)| history.quote()))
}

/// Returns the stored history of `symbol` between two dates, both included, to learn from. The log tells of prices with errors.
///
/// # Errors
/// Those of [`load`], and [`AppError::History`] when no session lies between the dates.
pub async fn load_to_learn(
    app: &Services,
    symbol: &Symbol,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
) -> Result<History, AppError> {
    let loaded = load(app, symbol).await?;
    if loaded.report.has_errors() {
        let score = loaded.report.score;
        tracing::warn!(
            "the prices of {symbol} have error-level defects (quality {score:.1} of 100): `closecast check-data {symbol}` lists them"
        );
    }
    Ok(loaded.history.between(start_date, end_date)?)
}

/// Returns today and the last settled session of `exchange`.
pub fn market_day(app: &Services, exchange: Exchange) -> MarketDay {
    MarketDay::at(exchange, app.clock.now(), YahooSettings::default().settles_after)
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    #[test]
    fn prices_are_checked_beside_the_threads_that_answer() {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let app = crate::test_services::open(folder.path()).await;
            let symbol = Symbol::new("AAPL").unwrap();
            let series = closecast_data::sample::series(&symbol).unwrap();
            app.store.bars().replace(&series, app.clock.now()).await.unwrap();

            let (release, held) = mpsc::channel::<()>();
            let holder = tokio::task::spawn_blocking(move || held.recv());
            let loading = load(&app, &symbol);
            tokio::pin!(loading);
            let early = tokio::time::timeout(Duration::from_secs(2), &mut loading).await;
            assert!(early.is_err(), "it was checked by the thread that answers");
            drop(release);
            assert_eq!(loading.await.unwrap().series, series);
            assert!(holder.await.unwrap().is_err());
        });
    }
}
