//! Converts the parallel arrays of a chart to bars, unchanged.

use chrono::NaiveDate;
use chrono_tz::Tz;
use closecast_domain::{PriceBasis, RawBar, RawSeries};

use super::{
    events::{SessionEvents, events_by_session},
    response::ChartResponse,
    session::{Settlement, TradingHours},
    wire::{Chart, Indicators, Meta},
};
use crate::{exchange_time::date_of, provider::ProviderError};

/// Requested and accepted length of a bar.
pub(super) const GRANULARITY: &str = "1d";
/// Name of the source in [`RawSeries::source`].
pub(super) const SOURCE: &str = "yahoo";

/// Returns the bars of `chart` whose session is in the requested range; `settlement` determines which are live.
///
/// # Errors
/// [`ProviderError::NoData`] without a session in the range; [`ProviderError::Unreadable`] for arrays of unequal
/// length, a time zone that is missing or unknown, bars of another length than a day, and impossible splits.
pub(super) fn series(
    response: &ChartResponse<'_>,
    chart: Chart,
    settlement: &Settlement,
) -> Result<RawSeries, ProviderError> {
    let mut bars = bars(&chart, settlement).map_err(|what| response.unreadable(&what))?;
    bars.retain(|bar| response.range.contains(bar.date));
    if bars.is_empty() {
        return Err(ProviderError::NoData { symbol: response.symbol.clone(), range: response.range });
    }
    Ok(RawSeries {
        symbol: response.symbol.clone(),
        basis: PriceBasis::SplitAdjusted,
        currency: chart.meta.currency,
        source: SOURCE.to_owned(),
        bars,
    })
}

/// Returns all bars of `chart` in the order of delivery, or a description of an error.
fn bars(chart: &Chart, settlement: &Settlement) -> Result<Vec<RawBar>, String> {
    let Some(timestamps) = chart.timestamp.as_ref().filter(|timestamps| !timestamps.is_empty()) else {
        return Ok(Vec::new());
    };
    let zone = zone(&chart.meta)?;
    check_granularity(&chart.meta)?;
    let dates = session_dates(timestamps, zone)?;
    let columns = Columns::new(&chart.indicators, dates.len())?;
    let events = chart.events.as_ref().map(|events| events_by_session(events, &dates, zone)).transpose()?;
    let hours =
        TradingHours { zone, regular: chart.meta.current_trading_period.as_ref().and_then(|periods| periods.regular) };
    let rows = dates.into_iter().enumerate();
    Ok(rows
        .map(|(row, date)| {
            let events = events.as_ref().and_then(|events| events.get(&date)).copied().unwrap_or_default();
            RawBar { live: settlement.is_live(date, hours), ..columns.bar(row, date, events) }
        })
        .collect())
}

/// Prices by row: every array that is present is as long as the timestamps.
struct Columns<'a> {
    open: &'a [Option<f64>],
    high: &'a [Option<f64>],
    low: &'a [Option<f64>],
    close: &'a [Option<f64>],
    adj_close: &'a [Option<f64>],
    volume: &'a [Option<f64>],
}

impl<'a> Columns<'a> {
    /// Takes arrays of `rows` elements. An absent one stands for nulls, except the close, which is required.
    fn new(indicators: &'a Indicators, rows: usize) -> Result<Self, String> {
        let column = |name: &str, values: Option<&'a Vec<Option<f64>>>| match values {
            Some(values) if values.len() == rows => Ok(values.as_slice()),
            Some(values) => Err(format!("{} values in {name:?} for {rows} timestamps", values.len())),
            None => Ok(&[][..]),
        };
        let quote = indicators.quote.iter().flatten().next().filter(|quote| quote.close.is_some());
        let quote = quote.ok_or_else(|| format!("no \"close\" for {rows} timestamps"))?;
        let adj_close = indicators.adjclose.iter().flatten().next().and_then(|adjusted| adjusted.adjclose.as_ref());
        Ok(Self {
            open: column("open", quote.open.as_ref())?,
            high: column("high", quote.high.as_ref())?,
            low: column("low", quote.low.as_ref())?,
            close: column("close", quote.close.as_ref())?,
            adj_close: column("adjclose", adj_close)?,
            volume: column("volume", quote.volume.as_ref())?,
        })
    }

    fn bar(&self, row: usize, date: NaiveDate, events: SessionEvents) -> RawBar {
        let value = |column: &[Option<f64>]| column.get(row).copied().flatten();
        RawBar {
            date,
            open: value(self.open),
            high: value(self.high),
            low: value(self.low),
            close: value(self.close),
            adj_close: value(self.adj_close),
            volume: value(self.volume),
            dividend: events.dividend,
            split: events.split,
            live: false,
        }
    }
}

/// Returns the time zone of the session dates. It is never guessed: wrong dates are worse than none.
fn zone(meta: &Meta) -> Result<Tz, String> {
    let name = meta.exchange_timezone_name.as_deref().ok_or("a chart without \"exchangeTimezoneName\"")?;
    name.parse().map_err(|_| format!("the unknown time zone {name:?}"))
}

fn check_granularity(meta: &Meta) -> Result<(), String> {
    match meta.data_granularity.as_deref() {
        None | Some(GRANULARITY) => Ok(()),
        Some(other) => Err(format!("bars of {other:?} instead of {GRANULARITY:?}")),
    }
}

fn session_dates(timestamps: &[i64], zone: Tz) -> Result<Vec<NaiveDate>, String> {
    let date = |&timestamp: &i64| date_of(timestamp, zone).ok_or_else(|| format!("the impossible time {timestamp}"));
    timestamps.iter().map(date).collect()
}
