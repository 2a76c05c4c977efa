//! Delivered rows, from which unusable ones are dropped.

use chrono::{Datelike, NaiveDate};

use super::findings::{Findings, Occurrence, Verdict, figure};
use super::row::is_price;
use super::{DefectKind, Severity};
use crate::calendar::is_weekday;
use crate::{Exchange, RawBar, TradingCalendar};

/// A longer gap, in sessions, is an error: no monthly feature bridges it.
pub(crate) const LONG_GAP: usize = 10;

const DROPPED: &str = "row dropped";

/// Delivered rows in order of date, and the dates of rows that were dropped and reported.
#[derive(Clone, Debug)]
pub(crate) struct RawRows {
    pub(crate) bars: Vec<RawBar>,
    pub(crate) dropped: Vec<NaiveDate>,
}

impl RawRows {
    pub(crate) fn new(bars: Vec<RawBar>) -> Self {
        Self { bars, dropped: Vec::new() }
    }

    pub(crate) fn dates(&self) -> Vec<NaiveDate> {
        self.bars.iter().map(|bar| bar.date).collect()
    }

    /// Drops the rows of `occurrences`, which are in order, and moves their dividends and splits to the next row that
    /// is kept.
    fn drop_rows(&mut self, occurrences: &[Occurrence]) {
        let mut occurrences = occurrences.iter().peekable();
        let (mut dividend, mut split) = (0.0, 1.0);
        let (mut index, dropped) = (0, &mut self.dropped);
        // In place: a long series takes megabytes.
        self.bars.retain_mut(|bar| {
            let has_occurred = occurrences.next_if(|occurrence| occurrence.row == index).is_some();
            index += 1;
            if has_occurred {
                dropped.push(bar.date);
                dividend += if is_price(bar.dividend) { bar.dividend } else { 0.0 };
                split *= if is_price(bar.split) { bar.split } else { 1.0 };
                return false;
            }
            // A source that repeats the event on the next row means one event, not two.
            if bar.dividend != dividend {
                bar.dividend += dividend;
            }
            if bar.split != split {
                bar.split *= split;
            }
            (dividend, split) = (0.0, 1.0);
            true
        });
    }

    fn find(&self, detail: impl Fn(&RawBar) -> Option<String>) -> Vec<Occurrence> {
        let rows = self.bars.iter().enumerate();
        rows.filter_map(|(row, bar)| detail(bar).map(|detail| Occurrence { row, detail })).collect()
    }

    /// Reports the rows of `occurrences` and drops them. `judge` gets the number of sessions of each run.
    fn report_and_drop(
        &mut self,
        mut occurrences: Vec<Occurrence>,
        judge: impl Fn(usize) -> Verdict,
        findings: &mut Findings,
    ) {
        for occurrence in &mut occurrences {
            occurrence.detail.push_str(event_note(&self.bars[occurrence.row]));
        }
        findings.push_judged_runs(&self.dates(), &occurrences, judge);
        self.drop_rows(&occurrences);
    }

    /// Drops the bars of sessions that are still trading.
    pub(crate) fn drop_live(&mut self, findings: &mut Findings) {
        let occurrences =
            self.find(|bar| bar.live.then(|| "the session was still trading when the bar was taken".to_owned()));
        let verdict = Verdict { kind: DefectKind::LiveBar, severity: Severity::Info, action: DROPPED };
        self.report_and_drop(occurrences, |_| verdict, findings);
    }

    /// Drops the rows dated after `today`.
    pub(crate) fn drop_future(&mut self, today: Option<NaiveDate>, findings: &mut Findings) {
        let Some(today) = today else { return };
        let occurrences =
            self.find(|bar| (bar.date > today).then(|| format!("dated after {today}, the day of the check")));
        let verdict = Verdict { kind: DefectKind::FutureRow, severity: Severity::Warning, action: DROPPED };
        self.report_and_drop(occurrences, |_| verdict, findings);
    }

    /// Drops the rows without a usable close. On a day without a session this is harmless.
    pub(crate) fn drop_unpriced(&mut self, calendar: TradingCalendar, findings: &mut Findings) {
        let closed = |date| !calendar.is_session(date) && (!is_weekday(date) || is_known(calendar, date));
        for kind in [DefectKind::NonFinite, DefectKind::NonPositive] {
            let fault = |bar: &RawBar| close_fault(bar).filter(|fault| fault.0 == kind).map(|fault| fault.1);
            let idle = self.find(|bar| fault(bar).filter(|_| closed(bar.date)));
            let action = "row dropped; the exchange was closed";
            let verdict = Verdict { kind, severity: Severity::Info, action };
            self.report_and_drop(idle, |_| verdict, findings);
            let by_length = |sessions: usize| {
                let severity = if sessions > LONG_GAP { Severity::Error } else { Severity::Warning };
                Verdict { kind, severity, action: DROPPED }
            };
            self.report_and_drop(self.find(fault), by_length, findings);
        }
    }

    /// Drops the rows dated on a weekend, unless the exchange trades every day.
    pub(crate) fn drop_weekends(&mut self, exchange: Exchange, findings: &mut Findings) {
        if exchange == Exchange::EveryDay {
            return;
        }
        let occurrences = self.find(|bar| {
            let close = figure(bar.close.unwrap_or(f64::NAN));
            (!is_weekday(bar.date)).then(|| format!("a close of {close} on a {}", bar.date.format("%A")))
        });
        let verdict = Verdict { kind: DefectKind::WeekendRow, severity: Severity::Warning, action: DROPPED };
        self.report_and_drop(occurrences, |_| verdict, findings);
    }

    /// Drops rows on a holiday that repeat one price without volume; those with trades are kept, since the calendar may
    /// be wrong.
    pub(crate) fn drop_idle_holidays(&mut self, calendar: TradingCalendar, findings: &mut Findings) {
        let is_holiday = |date| is_known(calendar, date) && is_weekday(date) && !calendar.is_session(date);
        let report = |bar: &RawBar, idle: bool| {
            let figures = (figure(bar.close.unwrap_or(f64::NAN)), figure(bar.volume.unwrap_or(0.0)));
            (is_holiday(bar.date) && is_idle(bar) == idle).then(|| format!("close {}, volume {}", figures.0, figures.1))
        };
        let traded = self.find(|bar| report(bar, false));
        let action = "kept: the calendar may be wrong";
        let verdict = Verdict { kind: DefectKind::HolidayRow, severity: Severity::Warning, action };
        findings.push_runs(verdict, &self.dates(), &traded);
        let idle = self.find(|bar| report(bar, true));
        let verdict = Verdict { kind: DefectKind::HolidayRow, severity: Severity::Info, action: DROPPED };
        self.report_and_drop(idle, |_| verdict, findings);
    }
}

fn is_known(calendar: TradingCalendar, date: NaiveDate) -> bool {
    calendar.known_years().is_some_and(|years| years.contains(&date.year()))
}

fn event_note(bar: &RawBar) -> &'static str {
    if bar.dividend == 0.0 && bar.split == 1.0 { "" } else { "; its dividend or split moves to the next row" }
}

fn is_idle(bar: &RawBar) -> bool {
    let flat = [bar.open, bar.high, bar.low].into_iter().flatten().all(|price| Some(price) == bar.close);
    flat && bar.volume.is_none_or(|volume| volume == 0.0 || volume.is_nan())
}

fn close_fault(bar: &RawBar) -> Option<(DefectKind, String)> {
    match bar.close {
        None if [bar.open, bar.high, bar.low].iter().all(Option::is_none) => {
            Some((DefectKind::NonFinite, "no price at all".to_owned()))
        }
        None => Some((DefectKind::NonFinite, "no close".to_owned())),
        Some(close) if is_price(close) => None,
        Some(close) if close.is_finite() && close < 1.0 => {
            Some((DefectKind::NonPositive, format!("a close of {}", figure(close))))
        }
        Some(close) => Some((DefectKind::NonFinite, format!("a close of {}", figure(close)))),
    }
}
