//! Decides whether a move between closes is that of a split.

use crate::quality::row::Row;

/// Usual splits as new shares per old, or the reverse.
const USUAL_SPLITS: [f64; 16] =
    [2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0];

/// Smallest move, as a logarithm, that counts as an unrecorded split: ×1.8 or ÷1.8. Smaller splits exist, but so do
/// moves of 40 %.
const MIN_UNRECORDED_SPLIT: f64 = 0.588;

/// Smallest recorded split, as a logarithm, that can be distinguished from a daily move.
const MIN_RECORDED_SPLIT: f64 = 0.22;

/// Sessions on either side in which a recorded split may explain a move.
const NEAR: usize = 5;

/// Window for the usual move (sessions on either side) and the usual volume (sessions before).
const NEIGHBOURS: usize = 20;

/// Bounds of the tolerance, four usual moves, as logarithms: the day of a split moves by the ratio and a usual move.
const TOLERANCE: (f64, f64) = (0.02, 0.10);

/// Minimum ratio of a move to the usual move.
const OUT_OF_PROPORTION: f64 = 6.0;

/// Assumed usual daily move if there are too few neighbours.
const USUAL_MOVE: f64 = 0.02;

/// From this multiple of the usual volume on, a move is real. The effect of the split on the volume is removed first.
const VOLUME_OF_A_CRASH: f64 = 3.0;

/// Cause of a jump.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Origin {
    /// A split of that ratio is recorded within [`NEAR`] sessions, but the prices do not reflect it.
    NearRecord,
    /// No recorded split explains it.
    Unrecorded,
    /// The market moved by the ratio of a split.
    RealMove {
        /// Volume of the day ÷ usual volume.
        times_usual_volume: f64,
    },
}

/// Moves of a series.
pub(super) struct Evidence<'a> {
    rows: &'a [Row],
    /// Log return of the adjusted close from the previous row, 0 for the first.
    moves: Vec<f64>,
    /// Log return from the previous adjusted close to the adjusted open.
    openings: Vec<f64>,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(rows: &'a [Row], factors: &[f64]) -> Self {
        let from_close = |row: usize, price: f64| match row.checked_sub(1) {
            Some(before) => (price * factors[row] / (rows[before].close * factors[before])).ln(),
            None => 0.0,
        };
        let moves = rows.iter().enumerate().map(|(row, bar)| from_close(row, bar.close)).collect();
        let openings = rows.iter().enumerate().map(|(row, bar)| from_close(row, bar.open)).collect();
        Self { rows, moves, openings }
    }

    /// Returns ratio and cause of a jump at `row`, `None` if there is none.
    pub(super) fn judge(&self, row: usize) -> Option<(f64, Origin)> {
        let size = self.moves[row].abs();
        if size < MIN_RECORDED_SPLIT {
            return None;
        }
        let usual = self.usual_move(row);
        let tolerance = (4.0 * usual).clamp(TOLERANCE.0, TOLERANCE.1);
        let fits = |ratio: f64| {
            (self.moves[row] - ratio.ln()).abs() <= tolerance
                && (self.openings[row] - ratio.ln()).abs() <= 2.0 * tolerance
        };
        if size < OUT_OF_PROPORTION * usual {
            return None;
        }
        if let Some(ratio) = self.splits_near(row).find(|&ratio| fits(ratio)) {
            return Some((ratio, Origin::NearRecord));
        }
        let ratios = USUAL_SPLITS.into_iter().map(|split| if self.moves[row] < 0.0 { 1.0 / split } else { split });
        let ratio = ratios.filter(|&ratio| fits(ratio)).min_by(|a, b| {
            let distance = |ratio: f64| (self.moves[row] - ratio.ln()).abs();
            distance(*a).total_cmp(&distance(*b))
        })?;
        if size < MIN_UNRECORDED_SPLIT {
            return None;
        }
        let times_usual_volume = self.times_usual_volume(row) / (1.0 / ratio).max(1.0);
        let real = times_usual_volume >= VOLUME_OF_A_CRASH;
        Some((ratio, if real { Origin::RealMove { times_usual_volume } } else { Origin::Unrecorded }))
    }

    /// Returns the ratios by which recorded splits near `row` move a price, in either direction.
    fn splits_near(&self, row: usize) -> impl Iterator<Item = f64> {
        let near = &self.rows[row.saturating_sub(NEAR)..self.rows.len().min(row + NEAR + 1)];
        let splits = near.iter().map(|row| row.split).filter(|split| split.ln().abs() >= MIN_RECORDED_SPLIT);
        splits.flat_map(|split| [1.0 / split, split])
    }

    /// Returns 1.4826 times the median absolute move of the neighbours, a robust standard deviation (P. Rousseeuw and
    /// C. Croux, *Journal of the American Statistical Association* 88, 1993).
    fn usual_move(&self, row: usize) -> f64 {
        let around = row.saturating_sub(NEIGHBOURS).max(1)..self.moves.len().min(row + NEIGHBOURS + 1);
        let sizes = around.filter(|&other| other != row).map(|other| self.moves[other].abs()).collect();
        match median(sizes) {
            Some((middle, count)) if count >= 3 => 1.4826 * middle,
            _ => USUAL_MOVE,
        }
    }

    /// Returns the volume of `row` ÷ the median of the volumes before it, 0 if there are none.
    fn times_usual_volume(&self, row: usize) -> f64 {
        let before = &self.rows[row.saturating_sub(NEIGHBOURS)..row];
        let volumes = before.iter().map(|row| row.volume).filter(|&volume| volume > 0.0).collect();
        median(volumes).map_or(0.0, |(middle, _)| self.rows[row].volume / middle)
    }
}

/// Returns the (upper) median of `values` and their number.
fn median(mut values: Vec<f64>) -> Option<(f64, usize)> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).map(|&middle| (middle, values.len()))
}
