//! Missing adjusted closes, and dividends that adjusted closes omit.

use super::findings::{Finding, Findings, Occurrence, Verdict, figure};
use super::row::{Row, dates};
use super::{DefectKind, Severity};
use crate::PriceBasis;

/// Smaller dividends, relative to the price, are lost in the rounding of the adjusted close.
const MIN_YIELD: f64 = 0.002;

/// Minimum cumulative repair: beyond it no prices would be left, which only invalid data requires.
const MIN_FACTOR: f64 = 1e-9;

/// Reports rows without an adjusted close in a series that has them. [`adjust`](crate::history::adjust) fills them.
pub(crate) fn report_missing(rows: &[Row], findings: &mut Findings) {
    if rows.iter().all(|row| row.adj_close.is_none()) {
        return;
    }
    let missing = (0..rows.len()).filter(|&row| rows[row].adj_close.is_none());
    let occurrences: Vec<_> =
        missing.map(|row| Occurrence { row, detail: "no usable adjusted close".to_owned() }).collect();
    let action = "adjusted like its neighbours";
    findings.push_runs(
        Verdict { kind: DefectKind::NonFinite, severity: Severity::Info, action },
        &dates(rows),
        &occurrences,
    );
}

/// Reports dividends that the adjusted closes do not reflect.
///
/// Adjusted closes before such a dividend are reduced if they reflect other dividends of the series. Otherwise they may
/// be a copy of closes that are adjusted already, and are not changed.
pub(crate) fn repair_dividends(rows: &mut [Row], basis: PriceBasis, findings: &mut Findings) {
    if basis == PriceBasis::FullyAdjusted {
        return;
    }
    let shown: Vec<Option<bool>> = (0..rows.len()).map(|row| is_shown(rows, row, basis)).collect();
    let certain = shown.contains(&Some(true));
    let mut factor = 1.0;
    for row in (0..rows.len()).rev() {
        rows[row].adj_close = rows[row].adj_close.map(|adj_close| adj_close * factor);
        if shown[row] != Some(false) {
            continue;
        }
        let step = 1.0 - yield_of(rows, row, basis);
        let repaired = certain && factor * step > MIN_FACTOR;
        factor *= if repaired { step } else { 1.0 };
        let (dividend, price) = (figure(rows[row].dividend), figure(rows[row - 1].close));
        let action =
            if repaired { "earlier adjusted closes reduced by it" } else { "kept: all of them may be adjusted" };
        findings.push(Finding {
            kind: DefectKind::UnadjustedDividend,
            severity: Severity::Warning,
            dates: (rows[row].date, rows[row].date),
            sessions: 1,
            detail: format!("a dividend of {dividend} on {price} does not show in the adjusted close"),
            action: action.to_owned(),
        });
    }
}

/// Returns whether the adjusted closes reflect the dividend of a row; `None` if there is none or it cannot be
/// determined.
fn is_shown(rows: &[Row], row: usize, basis: PriceBasis) -> Option<bool> {
    let (before, after) = (rows[row.checked_sub(1)?].adj_factor()?, rows[row].adj_factor()?);
    let dividend = yield_of(rows, row, basis);
    let shown = 1.0 - before / after * split_in_prices(&rows[row], basis);
    (MIN_YIELD..1.0).contains(&dividend).then_some(shown.abs() >= 0.2 * dividend)
}

fn yield_of(rows: &[Row], row: usize, basis: PriceBasis) -> f64 {
    rows[row].dividend * split_in_prices(&rows[row], basis) / rows[row - 1].close
}

/// Returns the split that the closes themselves reflect on that day.
fn split_in_prices(row: &Row, basis: PriceBasis) -> f64 {
    if basis == PriceBasis::Unadjusted { row.split } else { 1.0 }
}
