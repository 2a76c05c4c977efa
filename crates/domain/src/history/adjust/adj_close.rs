//! Adjustment factors from adjusted closes.

use crate::quality::row::Row;

/// Splits that can be inferred from the adjusted close alone, as new shares per old.
const USUAL_SPLITS: [f64; 12] = [1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0];

/// Relative tolerance of an inferred split: the rounding of both closes.
const SPLIT_TOLERANCE: f64 = 0.01;

/// Returns adjusted close ÷ close of each row; `None` if no row has an adjusted close.
///
/// A row without one takes the factor of its neighbour, carried over the recorded events (`events`: the factors from
/// events alone). If the rows on both sides of a gap still differ, an unrecorded event lies between; it is placed on
/// the day whose move it explains best, so that it introduces no jump.
pub(super) fn factors(rows: &[Row], events: &[f64]) -> Option<Vec<f64>> {
    let known: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].adj_close.is_some()).collect();
    let (&first, &last) = (known.first()?, known.last()?);
    // Relative to recorded events, the factors are constant between unrecorded ones.
    let mut relative: Vec<f64> =
        rows.iter().zip(events).map(|(row, event)| row.adj_factor().unwrap_or(f64::NAN) / event).collect();
    let (oldest, newest) = (relative[first], relative[last]);
    relative[..first].fill(oldest);
    relative[last + 1..].fill(newest);
    for pair in known.windows(2).filter(|pair| pair[1] > pair[0] + 1) {
        let (before, after) = (relative[pair[0]], relative[pair[1]]);
        let change = |row: usize| ((rows[row].close * events[row]) / (rows[row - 1].close * events[row - 1])).ln();
        let step = (after / before).ln();
        let unexplained = |row: &usize| (change(*row) + step).abs() - change(*row).abs();
        let best = (pair[0] + 1..=pair[1]).min_by(|a, b| unexplained(a).total_cmp(&unexplained(b)));
        let seam = best.unwrap_or(pair[1]);
        relative[pair[0] + 1..seam].fill(before);
        relative[seam..pair[1]].fill(after);
    }
    let filled = relative.iter().zip(events).map(|(relative, event)| relative * event);
    // A delivered factor is used unchanged, without the rounding of a division and its inverse.
    Some(rows.iter().zip(filled).map(|(row, filled)| row.adj_factor().unwrap_or(filled)).collect())
}

/// Returns the split implied by a step of the factor, 1 if none. `step` is the factor of the previous row ÷ that of the
/// row; a split of s makes it 1/s.
pub(super) fn implied_split(step: f64) -> f64 {
    let is = |split: f64| (step * split - 1.0).abs() < SPLIT_TOLERANCE;
    USUAL_SPLITS.into_iter().flat_map(|split| [split, 1.0 / split]).find(|&split| is(split)).unwrap_or(1.0)
}
