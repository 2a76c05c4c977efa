//! Runs the quality checks on delivered rows.

use chrono::NaiveDate;

use super::{History, HistoryError, adjust};
use crate::quality::findings::Findings;
use crate::quality::raw_rows::RawRows;
use crate::quality::row::Row;
use crate::quality::{
    adj_closes, duplicates, events, gaps, misplaced_decimal, order, price_fields, ranges, split_jump, stale, volumes,
};
use crate::{Exchange, PriceBasis, QualityReport, RawBar, RawSeries, TradingCalendar};

impl History {
    /// Checks a delivered series and returns its history with a report of all findings.
    ///
    /// No finding stops the check: unusable rows are dropped, defects that can be repaired with certainty are repaired,
    /// the rest is kept, and each finding states which. The crate documentation lists all checks. Prices are adjusted
    /// for splits and dividends; [`Bar::raw_close`](crate::Bar::raw_close) stays as quoted.
    ///
    /// `today` is the current date in the time zone of the exchange, if known; later rows are dropped.
    ///
    /// # Errors
    /// [`HistoryError::NoUsableRow`] when no row is left.
    pub fn check(raw: RawSeries, today: Option<NaiveDate>) -> Result<(Self, QualityReport), HistoryError> {
        let exchange = Exchange::of(&raw.symbol);
        let calendar = TradingCalendar::new(exchange);
        let rows_delivered = raw.bars.len();
        let mut findings = Findings::default();

        let raw_rows = usable(raw.bars, exchange, today, &mut findings);
        gaps::report(calendar, &accounted_for(&raw_rows, calendar), &mut findings);
        let rows = repaired(raw_rows, raw.basis, &mut findings);
        let bars = adjust::bars(&rows, raw.basis);
        // Freed before the report is built, which may be large.
        drop(rows);
        let report = findings.into_report(rows_delivered, bars.len());
        if bars.is_empty() {
            return Err(HistoryError::NoUsableRow { symbol: raw.symbol, rows: rows_delivered });
        }
        Ok((Self::from_checked(raw.symbol, raw.currency, bars)?, report))
    }
}

/// Returns the usable rows, ordered by date, one per date.
fn usable(mut bars: Vec<RawBar>, exchange: Exchange, today: Option<NaiveDate>, findings: &mut Findings) -> RawRows {
    let calendar = TradingCalendar::new(exchange);
    order::sort(&mut bars, findings);
    let mut raw_rows = RawRows::new(bars);
    raw_rows.drop_live(findings);
    raw_rows.drop_future(today, findings);
    // Before duplicates, so that an empty row never replaces a filled one of the same date.
    raw_rows.drop_unpriced(calendar, findings);
    duplicates::drop(&mut raw_rows, findings);
    raw_rows.drop_weekends(exchange, findings);
    raw_rows.drop_idle_holidays(calendar, findings);
    raw_rows
}

/// Returns the dates of the rows, and of sessions between them whose row was dropped and reported.
fn accounted_for(raw_rows: &RawRows, calendar: TradingCalendar) -> Vec<NaiveDate> {
    let mut dates = raw_rows.dates();
    let (Some(&first), Some(&last)) = (dates.first(), dates.last()) else { return dates };
    let inside = |date: &NaiveDate| (first..last).contains(date) && calendar.is_session(*date);
    dates.extend(raw_rows.dropped.iter().copied().filter(inside));
    dates.sort_unstable();
    dates.dedup();
    dates
}

/// Returns the repaired rows, not yet adjusted.
fn repaired(raw_rows: RawRows, basis: PriceBasis, findings: &mut Findings) -> Vec<Row> {
    let mut rows = price_fields::rows(&raw_rows.bars, findings);
    let stale = stale::report(&rows, findings);
    volumes::report(&raw_rows.bars, &stale, findings);
    // A long series takes megabytes.
    drop(raw_rows);
    // Units first: other checks accept a high in cents.
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
