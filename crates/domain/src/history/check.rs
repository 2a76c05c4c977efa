//! From delivered rows to a checked history: the detectors in their order.

use chrono::NaiveDate;

use super::{History, HistoryError, adjust};
use crate::quality::delivered::Delivered;
use crate::quality::findings::Findings;
use crate::quality::row::Row;
use crate::quality::{
    adj_closes, duplicates, events, gaps, misplaced_decimal, order, price_fields, ranges, split_jump, stale, volumes,
};
use crate::{Exchange, PriceBasis, QualityReport, RawBar, RawSeries, TradingCalendar};

impl History {
    /// Checks a delivered series and returns its history with a report of all that was found.
    ///
    /// Nothing that is found stops the check: rows that cannot be used are dropped, what can be repaired with certainty
    /// is repaired, the rest is kept, and each finding says which. The table of the crate's page lists all of them. The
    /// prices of what is left are adjusted for splits and dividends, [`Bar::raw_close`](crate::Bar::raw_close) stays as
    /// the source quotes it.
    ///
    /// `today` is the present day in the exchange's time zone, where known; rows dated later are dropped.
    ///
    /// # Errors
    /// [`HistoryError::NoUsableRow`] when nothing is left.
    pub fn check(raw: RawSeries, today: Option<NaiveDate>) -> Result<(Self, QualityReport), HistoryError> {
        let exchange = Exchange::of(&raw.symbol);
        let calendar = TradingCalendar::new(exchange);
        let rows_delivered = raw.bars.len();
        let mut findings = Findings::default();

        let delivered = usable(raw.bars, exchange, today, &mut findings);
        gaps::report(calendar, &accounted_for(&delivered, calendar), &mut findings);
        let rows = repaired(delivered, raw.basis, &mut findings);
        let bars = adjust::bars(&rows, raw.basis);
        // Before the report, which many findings make large.
        drop(rows);
        let report = findings.into_report(rows_delivered, bars.len());
        if bars.is_empty() {
            return Err(HistoryError::NoUsableRow { symbol: raw.symbol, rows: rows_delivered });
        }
        Ok((Self::from_checked(raw.symbol, raw.currency, bars)?, report))
    }
}

/// Returns the rows that can be used, ordered by date and one a date.
fn usable(mut bars: Vec<RawBar>, exchange: Exchange, today: Option<NaiveDate>, findings: &mut Findings) -> Delivered {
    let calendar = TradingCalendar::new(exchange);
    order::sort(&mut bars, findings);
    let mut delivered = Delivered::new(bars);
    delivered.drop_live(findings);
    delivered.drop_future(today, findings);
    // Before the duplicates, so that an empty row never wins over a filled one of the same date.
    delivered.drop_unpriced(calendar, findings);
    duplicates::drop(&mut delivered, findings);
    delivered.drop_weekends(exchange, findings);
    delivered.drop_idle_holidays(calendar, findings);
    delivered
}

/// Returns the dates of the rows, and between them those of sessions whose row was dropped, which is a finding already.
fn accounted_for(delivered: &Delivered, calendar: TradingCalendar) -> Vec<NaiveDate> {
    let mut dates = delivered.dates();
    let (Some(&first), Some(&last)) = (dates.first(), dates.last()) else { return dates };
    let inside = |date: &NaiveDate| (first..last).contains(date) && calendar.is_session(*date);
    dates.extend(delivered.dropped.iter().copied().filter(inside));
    dates.sort_unstable();
    dates.dedup();
    dates
}

/// Returns the rows with what can be repaired repaired, not yet adjusted.
fn repaired(delivered: Delivered, basis: PriceBasis, findings: &mut Findings) -> Vec<Row> {
    let mut rows = price_fields::rows(&delivered.bars, findings);
    let stale = stale::report(&rows, findings);
    volumes::report(&delivered.bars, &stale, findings);
    // Of a long series these are megabytes, and not needed any more.
    drop(delivered);
    // Units first: a high in cents is a legitimate high to every other detector.
    misplaced_decimal::repair_fields(&mut rows, findings);
    misplaced_decimal::repair_runs(&mut rows, findings);
    ranges::repair(&mut rows, findings);
    events::repair(&mut rows, basis, findings);
    adj_closes::report_missing(&rows, findings);
    split_jump::repair(&mut rows, basis, findings);
    events::repair_adjustments(&mut rows, basis, findings);
    adj_closes::repair_dividends(&mut rows, basis, findings);
    misplaced_decimal::report_adjusted(&rows, &adjust::price_factors(&rows, basis), findings);
    rows
}
