//! Factors from the adjusted closes of the source.

use crate::quality::row::Row;

/// Splits that an adjusted close alone tells, as new shares per old.
const USUAL_SPLITS: [f64; 12] = [1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0];

/// How far a step of adjusted close ÷ close may lie from a split's, relatively: the rounding of both closes.
const SPLIT_TOLERANCE: f64 = 0.01;

/// Returns adjusted close ÷ close of each row, `None` when no row has an adjusted close.
///
/// A row without one takes the factor of its neighbour, carried over the events on record (`events`: the factors that
/// they alone give). When the rows on both sides of a gap then still differ, an event without record lies between;
/// it is placed on the day whose move it explains best, so that no jump is introduced.
pub(super) fn factors(rows: &[Row], events: &[f64]) -> Option<Vec<f64>> {
    let known: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].adj_close.is_some()).collect();
    let (&first, &last) = (known.first()?, known.last()?);
    // Relative to the events on record, the factors are constant between events without one.
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
    // Where the source gives a factor it is taken as it is, without the rounding of a division and its inverse.
    Some(rows.iter().zip(filled).map(|(row, filled)| row.adj_factor().unwrap_or(filled)).collect())
}

/// Returns the split that a step of the factor from one row to the next tells, 1 when it tells none. `step` is the
/// factor of the row before ÷ that of the row, which a split of s makes 1/s.
pub(super) fn implied_split(step: f64) -> f64 {
    let is = |split: f64| (step * split - 1.0).abs() < SPLIT_TOLERANCE;
    USUAL_SPLITS.into_iter().flat_map(|split| [split, 1.0 / split]).find(|&split| is(split)).unwrap_or(1.0)
}
