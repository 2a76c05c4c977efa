//! Whether a move from one close to the next is that of a split.

use crate::quality::row::Row;

/// Splits as new shares per old, and the other way round.
const USUAL_SPLITS: [f64; 16] =
    [2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0];

/// Smallest move, as a logarithm, that is taken for a split without one on record: ×1.8 or ÷1.8. Smaller splits exist,
/// but so do moves of 40 %.
const SMALLEST: f64 = 0.588;

/// Smallest split on record, as a logarithm, that can be told from a day's move.
const SMALLEST_ON_RECORD: f64 = 0.22;

/// Sessions on either side in which a split on record may explain a move.
const NEAR: usize = 5;

/// Sessions on either side from which the usual move is taken, and before from which the usual volume is.
const NEIGHBOURS: usize = 20;

/// A split's day moves by the ratio and a usual move on top. Bounds for four usual moves, as logarithms.
const TOLERANCE: (f64, f64) = (0.02, 0.10);

/// How many usual moves a move must have to be out of proportion.
const OUT_OF_PROPORTION: f64 = 6.0;

/// Usual daily move where there are too few neighbours to tell.
const USUAL_MOVE: f64 = 0.02;

/// From so many times the usual volume on, a move is a real one. A split's own effect on the volume is taken out first.
const VOLUME_OF_A_CRASH: f64 = 3.0;

/// Where a jump comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Origin {
    /// A split of that ratio is on record within [`NEAR`] sessions, but the prices do not follow it.
    NearRecord,
    /// No split on record explains it.
    Unrecorded,
    /// The market moved by the ratio of a split.
    RealMove {
        /// Volume of the day ÷ usual volume.
        times_usual_volume: f64,
    },
}

/// What is known about the moves of a series.
pub(super) struct Evidence<'a> {
    rows: &'a [Row],
    /// Log return of the adjusted close from the row before, 0 for the first.
    moves: Vec<f64>,
    /// Log return from the adjusted close of the row before to the adjusted open.
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

    /// Returns the ratio and the origin of a jump at `row`, `None` when there is none.
    pub(super) fn judge(&self, row: usize) -> Option<(f64, Origin)> {
        let size = self.moves[row].abs();
        if size < SMALLEST_ON_RECORD {
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
        if size < SMALLEST {
            return None;
        }
        let times_usual_volume = self.times_usual_volume(row) / (1.0 / ratio).max(1.0);
        let real = times_usual_volume >= VOLUME_OF_A_CRASH;
        Some((ratio, if real { Origin::RealMove { times_usual_volume } } else { Origin::Unrecorded }))
    }

    /// Returns the ratios by which the splits on record near `row` move a price, in either direction.
    fn splits_near(&self, row: usize) -> impl Iterator<Item = f64> {
        let near = &self.rows[row.saturating_sub(NEAR)..self.rows.len().min(row + NEAR + 1)];
        let splits = near.iter().map(|row| row.split).filter(|split| split.ln().abs() >= SMALLEST_ON_RECORD);
        splits.flat_map(|split| [1.0 / split, split])
    }

    /// Returns 1.4826 times the median absolute move of the neighbours, which is a standard deviation that a few
    /// jumps do not sway (P. Rousseeuw and C. Croux, *Journal of the American Statistical Association* 88, 1993).
    fn usual_move(&self, row: usize) -> f64 {
        let around = row.saturating_sub(NEIGHBOURS).max(1)..self.moves.len().min(row + NEIGHBOURS + 1);
        let sizes = around.filter(|&other| other != row).map(|other| self.moves[other].abs()).collect();
        match median(sizes) {
            Some((middle, count)) if count >= 3 => 1.4826 * middle,
            _ => USUAL_MOVE,
        }
    }

    /// Returns the volume of `row` ÷ the median of the volumes before it, 0 where there is none.
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
