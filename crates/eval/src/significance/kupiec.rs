//! Kupiec's test of the miss rate of intervals.

use statrs::function::erf::erfc;

use crate::{
    coverage::days_inside,
    error::{EvalError, representable},
};

/// Result of Kupiec's test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kupiec {
    /// Days tested.
    pub days: usize,
    /// Days with the actual outside its interval.
    pub misses: usize,
    /// Likelihood ratio, χ² with one degree of freedom when the intervals are calibrated.
    pub statistic: f64,
    /// Probability of a ratio this large for calibrated intervals. Small if they are too narrow or too wide.
    pub p_value: f64,
}

/// Tests whether intervals of probability `level` miss on a share `1 − level` of the days (Kupiec, "Techniques for
/// Verifying the Accuracy of Risk Measurement Models", Journal of Derivatives 3, 1995):
/// `LR = 2·[x·ln(x/n / p) + (n−x)·ln((1 − x/n) / (1−p))]` with `x` misses in `n` days and `p = 1 − level`.
/// It uses only the number of misses, not whether they cluster.
///
/// # Errors
/// [`EvalError`] as [`coverage`](crate::coverage()), and [`EvalError::InvalidLevel`] when `level` is outside (0, 1).
pub fn kupiec(actual: &[f64], intervals: &[(f64, f64)], level: f64) -> Result<Kupiec, EvalError> {
    if !(level > 0.0 && level < 1.0) {
        return Err(EvalError::InvalidLevel { index: 0, level });
    }
    let days = actual.len();
    let inside = days_inside(actual, intervals)?;
    let misses = days - inside;
    let n = days as f64;
    let ratio = count_log_ratio(misses as f64, n, 1.0 - level) + count_log_ratio(inside as f64, n, level);
    // Rounding may make a ratio that is zero in theory slightly negative.
    let statistic = representable("Kupiec's statistic", 2.0 * ratio)?.max(0.0);
    // A χ² with one degree of freedom is the square of a standard normal.
    Ok(Kupiec { days, misses, statistic, p_value: erfc((statistic / 2.0).sqrt()) })
}

/// Returns `x·ln(x/n / p)`, which tends to 0 as `x` does.
fn count_log_ratio(count: f64, days: f64, probability: f64) -> f64 {
    if count == 0.0 { 0.0 } else { count * (count / days / probability).ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nominal_miss_rate_is_accepted() {
        let actual: Vec<f64> = (0..10).map(|day| if day == 0 { 5.0 } else { 0.0 }).collect();
        let result = kupiec(&actual, &[(-1.0, 1.0); 10], 0.9).unwrap();
        assert_eq!((result.days, result.misses), (10, 1));
        assert!(result.statistic < 1e-12 && result.p_value > 1.0 - 1e-6);
    }

    #[test]
    fn intervals_that_never_miss_are_rejected() {
        let result = kupiec(&[0.0; 250], &[(-1.0, 1.0); 250], 0.9).unwrap();
        assert!((result.statistic + 2.0 * 250.0 * 0.9_f64.ln()).abs() < 1e-9 && result.p_value < 1e-6);
    }
}
