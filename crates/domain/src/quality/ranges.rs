//! Contradictions between open, high, low and close.

use super::findings::{Findings, Occurrence, Verdict, figure};
use super::row::{Row, dates};
use super::{DefectKind, Severity};

/// Tolerated excess over the range: Yahoo's prices pass through 32-bit floats and six decimals, and sources that adjust
/// each price separately are off by a cent in a hundred units.
const ROUNDING: f64 = 1e-4;

/// Action for a price outside the range.
const WIDENED: &str = "low and high widened to hold it";

/// Reports contradictions and widens each row's range so that `low ≤ open, close ≤ high` holds.
pub(crate) fn repair(rows: &mut [Row], findings: &mut Findings) {
    let occurrences = |detail: &dyn Fn(&Row) -> Option<String>| -> Vec<Occurrence> {
        let occurrence = |(row, detail): (usize, Option<String>)| detail.map(|detail| Occurrence { row, detail });
        rows.iter().map(detail).enumerate().filter_map(occurrence).collect()
    };
    let swapped =
        occurrences(&|row| (row.high < row.low).then(|| format!("high {}, low {}", figure(row.high), figure(row.low))));
    let close = occurrences(&|row| outside(row, "close", row.close));
    let open = occurrences(&|row| outside(row, "open", row.open));
    let verdict = |kind, action| Verdict { kind, severity: Severity::Warning, action };
    let dates = dates(rows);
    let span = "replaced by the span of open, high, low and close";
    findings.push_runs(verdict(DefectKind::HighBelowLow, span), &dates, &swapped);
    findings.push_runs(verdict(DefectKind::CloseOutsideRange, WIDENED), &dates, &close);
    findings.push_runs(verdict(DefectKind::OpenOutsideRange, WIDENED), &dates, &open);
    for row in rows {
        let prices = [row.open, row.high, row.low, row.close];
        row.high = prices.into_iter().fold(row.high, f64::max);
        row.low = prices.into_iter().fold(row.low, f64::min);
    }
}

fn outside(row: &Row, name: &str, price: f64) -> Option<String> {
    let above = price > row.high * (1.0 + ROUNDING);
    let below = price < row.low * (1.0 - ROUNDING);
    ((above || below) && row.high >= row.low)
        .then(|| format!("{name} {}, low {}, high {}", figure(price), figure(row.low), figure(row.high)))
}
