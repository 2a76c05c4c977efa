//! Prices in cents among prices in units, and the reverse.
//!
//! Yahoo mixes pence with pounds and cents with rands; the defect affects single fields, single days, or everything up
//! to the day of a change of unit.

use std::collections::BTreeMap;
use std::ops::Range;

use super::findings::{Finding, Findings, figure};
use super::row::{Row, rescale};
use super::{DefectKind, Severity};

/// Price ratio between sessions that is a change of unit. No stock moves by a factor of 60 overnight; one that does was
/// consolidated 1:100 or so, and older prices need the same factor.
const BAND: Range<f64> = 60.0..140.0;

/// Sessions that the newest unit must have lasted before older prices are converted to it.
const SETTLED: usize = 5;

/// Returns the power of 100 that `ratio` represents, 1 if none.
fn unit_change(ratio: f64) -> f64 {
    if BAND.contains(&ratio) {
        100.0
    } else if BAND.contains(&(1.0 / ratio)) {
        0.01
    } else {
        1.0
    }
}

/// Repairs single fields that differ by 100 from the other three of the row.
pub(crate) fn repair_fields(rows: &mut [Row], findings: &mut Findings) {
    for index in 0..rows.len() {
        let usual = index.checked_sub(1).and_then(|before| rows[before].adj_factor());
        let row = &mut rows[index];
        let prices = [row.open, row.high, row.low, row.close];
        let Some((field, scale)) = (0..4).find_map(|field| off_field(&prices, field).map(|scale| (field, scale)))
        else {
            continue;
        };
        let (name, price) = match field {
            0 => ("open", &mut row.open),
            1 => ("high", &mut row.high),
            2 => ("low", &mut row.low),
            _ => ("close", &mut row.close),
        };
        let (before, after) = (*price, *price / scale);
        *price = after;
        // An adjusted close computed from the wrong close has the same factor.
        if field == 3 && row.adj_factor().is_some_and(|factor| unit_change(factor / usual.unwrap_or(1.0)) == scale) {
            row.adj_close = row.adj_close.map(|adj_close| adj_close / scale);
        }
        findings.push(Finding {
            kind: DefectKind::HundredfoldPrice,
            severity: Severity::Warning,
            dates: (row.date, row.date),
            sessions: 1,
            detail: format!("{name} {}, the other prices of the row are near {}", figure(before), figure(after)),
            action: action(1.0 / scale),
        });
    }
}

/// Returns the power of 100 by which one of four prices is off, if the other three agree.
fn off_field(prices: &[f64; 4], field: usize) -> Option<f64> {
    let others = || (0..4).filter(|&other| other != field).map(|other| prices[other]);
    let (low, high) = (others().fold(f64::INFINITY, f64::min), others().fold(0.0, f64::max));
    let scale = unit_change(prices[field] / (low * high).sqrt());
    (scale != 1.0 && high / low < 2.0).then_some(scale)
}

/// Consecutive sessions in one unit.
struct Segment {
    rows: Range<usize>,
    /// Power of 100 relative to the first segment.
    exponent: i32,
}

/// Finds segments whose level is 100 times, or a hundredth of, that of the rest, and converts them if the correct unit
/// is certain; otherwise reports an error and changes nothing.
///
/// The unit is that of the newest segment, in which forecasts are expressed, if it has lasted [`SETTLED`] sessions. A
/// shorter newest segment counts as the defect if the older units have a majority; with two segments they have none.
pub(crate) fn repair_runs(rows: &mut [Row], findings: &mut Findings) {
    let segments = segments(rows);
    if segments.len() < 2 {
        return;
    }
    let unit = settled_unit(&segments);
    for segment in segments.iter().filter(|segment| Some(segment.exponent) != unit) {
        let certain = unit.map(|unit| unit - segment.exponent).filter(|change| change.abs() == 1);
        let scale = certain.map(|change| 100_f64.powi(change));
        let seam = if segment.rows.start > 0 { segment.rows.start } else { segment.rows.end };
        let (before, after) = (rows[seam - 1].close, rows[seam].close);
        let (dates, sessions) = ((rows[segment.rows.start].date, rows[segment.rows.end - 1].date), segment.rows.len());
        let repaired = scale.filter(|&scale| rescale(rows, segment.rows.clone(), scale));
        // Without a unit to convert to, the boundary is one finding, not one for each side.
        if unit.is_none() && segment.rows.end != rows.len() {
            continue;
        }
        findings.push(Finding {
            kind: DefectKind::HundredfoldPrice,
            severity: if repaired.is_some() { Severity::Warning } else { Severity::Error },
            dates,
            sessions,
            detail: format!("close {} to {} on {}", figure(before), figure(after), rows[seam].date),
            action: repaired.map_or_else(|| "kept: it is not certain which unit is right".to_owned(), action),
        });
    }
}

/// Reports adjusted closes, close × factor, that change by a factor of 100 where the closes do not.
pub(crate) fn report_adjusted(rows: &[Row], factors: &[f64], findings: &mut Findings) {
    for index in 1..rows.len() {
        let (before, after) = (rows[index - 1].close * factors[index - 1], rows[index].close * factors[index]);
        if unit_change(after / before) == 1.0 || unit_change(rows[index].close / rows[index - 1].close) != 1.0 {
            continue;
        }
        findings.push(Finding {
            kind: DefectKind::HundredfoldPrice,
            severity: Severity::Error,
            dates: (rows[index].date, rows[index].date),
            sessions: index,
            detail: format!("adjusted close {} to {}, while the close continues", figure(before), figure(after)),
            action: "kept: it is not certain which side is right".to_owned(),
        });
    }
}

fn segments(rows: &[Row]) -> Vec<Segment> {
    let mut segments = vec![Segment { rows: 0..rows.len().min(1), exponent: 0 }];
    for index in 1..rows.len() {
        let scale = unit_change(rows[index].close / rows[index - 1].close);
        let Some(last) = segments.last_mut() else { continue };
        if scale == 1.0 || split_on_record(rows, index, scale) {
            last.rows.end = index + 1;
        } else {
            let exponent = last.exponent + if scale > 1.0 { 1 } else { -1 };
            segments.push(Segment { rows: index..index + 1, exponent });
        }
    }
    segments
}

fn split_on_record(rows: &[Row], index: usize, scale: f64) -> bool {
    unit_change(1.0 / rows[index].split) == scale
}

fn settled_unit(segments: &[Segment]) -> Option<i32> {
    let newest = segments.last()?;
    if newest.rows.len() >= SETTLED {
        return Some(newest.exponent);
    }
    let mut sessions = BTreeMap::new();
    for segment in segments {
        *sessions.entry(segment.exponent).or_insert(0) += segment.rows.len();
    }
    let most = sessions.into_iter().max_by_key(|&(_, sessions)| sessions).map(|(exponent, _)| exponent);
    most.filter(|_| segments.len() > 2)
}

fn action(scale: f64) -> String {
    if scale > 1.0 { "multiplied by 100".to_owned() } else { "divided by 100".to_owned() }
}
