//! Impossible dividends and splits.

use std::ops::RangeInclusive;

use super::findings::{Findings, Occurrence, Verdict, figure};
use super::row::{Row, dates};
use super::{DefectKind, Severity};
use crate::PriceBasis;
use crate::history::adjust;

/// Valid splits: from consolidations of shell companies to the largest stock dividends.
const SPLITS: RangeInclusive<f64> = 1e-4..=1e4;

/// Valid cumulative adjustment factors; beyond them prices leave the valid range.
const CUMULATIVE: RangeInclusive<f64> = 1e-9..=1e9;

/// Smallest split, as a logarithm, that can be distinguished from a daily move.
const MIN_DETECTABLE_SPLIT: f64 = 0.22;

/// Verdict on all of them.
const IGNORED: Verdict = Verdict { kind: DefectKind::InvalidEvent, severity: Severity::Warning, action: "ignored" };

/// Replaces impossible dividends by 0 and impossible splits by 1, and reports them.
pub(crate) fn repair(rows: &mut [Row], basis: PriceBasis, findings: &mut Findings) {
    let dates = dates(rows);
    findings.push_runs(IGNORED, &dates, &take(rows, |_, row| split_fault(row), |row| row.split = 1.0));
    findings.push_runs(IGNORED, &dates, &take(rows, |_, row| dividend_fault(row), |row| row.dividend = 0.0));
    if basis == PriceBasis::Unadjusted {
        findings.push_runs(IGNORED, &dates, &take(rows, applied_split, |row| row.split = 1.0));
    }
    repair_adjustments(rows, basis, findings);
}

/// Removes and reports events for which prices cannot be adjusted. Must be repeated after prices change.
pub(crate) fn repair_adjustments(rows: &mut [Row], basis: PriceBasis, findings: &mut Findings) {
    if basis == PriceBasis::FullyAdjusted {
        return;
    }
    let dates = dates(rows);
    let consuming = take(rows, |before, row| consuming_dividend(before, row, basis), |row| row.dividend = 0.0);
    findings.push_runs(IGNORED, &dates, &consuming);
    findings.push_runs(IGNORED, &dates, &take_runaway(rows, basis));
}

/// Applies `cure` to each row with a `fault`, which also gets the previous row, and returns the occurrences.
fn take(
    rows: &mut [Row],
    fault: impl Fn(Option<&Row>, &Row) -> Option<String>,
    cure: impl Fn(&mut Row),
) -> Vec<Occurrence> {
    let mut occurrences = Vec::new();
    for row in 0..rows.len() {
        let before = row.checked_sub(1).map(|before| &rows[before]);
        if let Some(detail) = fault(before, &rows[row]) {
            cure(&mut rows[row]);
            occurrences.push(Occurrence { row, detail });
        }
    }
    occurrences
}

fn split_fault(row: &Row) -> Option<String> {
    (!SPLITS.contains(&row.split)).then(|| format!("a split of {} new shares per old", figure(row.split)))
}

fn dividend_fault(row: &Row) -> Option<String> {
    let possible = row.dividend.is_finite() && row.dividend >= 0.0;
    (!possible).then(|| format!("a dividend of {}", figure(row.dividend)))
}

/// Detects a dividend of at least the whole previous price.
fn consuming_dividend(before: Option<&Row>, row: &Row, basis: PriceBasis) -> Option<String> {
    let before = before?.close;
    let (dividend, price) = (figure(row.dividend), figure(before));
    (adjust::event_step(before, row, basis) <= 0.0)
        .then(|| format!("a dividend of {dividend} after a close of {price}"))
}

/// Detects a split of an unadjusted series that its prices already reflect: they continue where they should jump.
fn applied_split(before: Option<&Row>, row: &Row) -> Option<String> {
    let split = row.split.ln();
    let change = (row.close / before?.close).ln();
    let runs_on = change.abs() < 0.25 * (change + split).abs();
    (split.abs() >= MIN_DETECTABLE_SPLIT && runs_on)
        .then(|| format!("a split of {}, but the prices continue across it", figure(row.split)))
}

/// Removes events whose cumulative product leaves [`CUMULATIVE`], from the newest to the oldest.
fn take_runaway(rows: &mut [Row], basis: PriceBasis) -> Vec<Occurrence> {
    let mut factor = 1.0;
    let mut occurrences = Vec::new();
    for index in (1..rows.len()).rev() {
        let step = adjust::event_step(rows[index - 1].close, &rows[index], basis);
        if CUMULATIVE.contains(&(factor * step)) {
            factor *= step;
            continue;
        }
        let row = &mut rows[index];
        let events = (figure(row.dividend), figure(row.split));
        (row.dividend, row.split) = (0.0, 1.0);
        let detail = format!("dividend {}, split {}: adjusting for it leaves no prices", events.0, events.1);
        occurrences.push(Occurrence { row: index, detail });
    }
    occurrences.reverse();
    occurrences
}
