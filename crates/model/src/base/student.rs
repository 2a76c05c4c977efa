//! Quantiles of Student's t with scale 1, interpolated in a table.

use std::sync::LazyLock;

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Levels of the forecast quantiles: the ventiles that scores are computed on, and the ends of the 95 % interval.
pub(super) const LEVELS: [f64; 21] = [
    0.025, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85, 0.90,
    0.95, 0.975,
];

/// Rows of the table. Quantiles are smooth in 1/ν; this resolution gives four digits.
const TABLE_ROWS: usize = 129;
/// Minimum degrees of freedom in the table.
const MIN_FREEDOM: f64 = 2.0;

/// `[row][level]`, by 1/ν from 0 (practically normal) to ½.
static TABLE: LazyLock<Vec<[f64; LEVELS.len()]>> = LazyLock::new(|| {
    let row = |row: usize| {
        let freedom = ((TABLE_ROWS - 1) as f64 / row as f64 * MIN_FREEDOM).min(1e6);
        let distribution = StudentsT::new(0.0, 1.0, freedom);
        LEVELS.map(|level| match &distribution {
            // The distribution is symmetric: the quantiles must be exactly symmetric too.
            Ok(t) if level > 0.5 => t.inverse_cdf(level),
            Ok(t) if level < 0.5 => -t.inverse_cdf(1.0 - level),
            _ => 0.0,
        })
    };
    (0..TABLE_ROWS).map(row).collect()
});

/// Returns the quantiles at [`LEVELS`] of Student's t with location 0, scale 1 and `freedom` ≥ 2 degrees of freedom.
pub(super) fn unit_quantiles(freedom: f64) -> [f64; LEVELS.len()] {
    let row = (MIN_FREEDOM / freedom).clamp(0.0, 1.0) * (TABLE_ROWS - 1) as f64;
    let lower = (row.floor() as usize).min(TABLE_ROWS - 2);
    let share = row - lower as f64;
    let (from, to) = (&TABLE[lower], &TABLE[lower + 1]);
    std::array::from_fn(|at| from[at] + share * (to[at] - from[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.t.ppf([0.95, 0.975], ν)`
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (freedom, expected) in [
            (2.001, [2.919_204, 4.300_693]),
            (3.0, [2.353_363, 3.182_446]),
            (5.5, [1.975_0, 2.502_0]),
            (30.0, [1.697_261, 2.042_272]),
            (1e5, [1.644_869, 1.959_987]),
        ] {
            let found = unit_quantiles(freedom);
            for (at, expected) in expected.iter().enumerate() {
                assert!((found[19 + at] / expected - 1.0).abs() < 2e-3, "{freedom}: {:?}", &found[19..]);
                assert_eq!(found[19 + at], -found[1 - at]);
            }
            assert_eq!(found[10], 0.0);
            assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
