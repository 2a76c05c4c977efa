//! Wilson confidence interval of a share.

use crate::error::{EvalError, representable};

/// The standard normal quantile of 0.975: two-sided 95 %.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// Returns the Wilson score interval of `right` out of `days` at the normal quantile `z` (Wilson, "Probable Inference,
/// the Law of Succession, and Statistical Inference", JASA 22, 1927):
/// `(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)`. It stays inside [0, 1] and holds for small `days`.
///
/// # Errors
/// [`EvalError::InvalidShare`] when `days` is 0 or below `right`; [`EvalError::NonFinite`] when `z` is NaN or infinite;
/// [`EvalError::Overflow`] when its square is.
pub fn wilson_interval(right: usize, days: usize, z: f64) -> Result<(f64, f64), EvalError> {
    if days == 0 || right > days {
        return Err(EvalError::InvalidShare { part: right, whole: days });
    }
    if !z.is_finite() {
        return Err(EvalError::NonFinite { what: "z", index: 0 });
    }
    let n = days as f64;
    let share = right as f64 / n;
    let widening = z * z / n;
    let centre = share + widening / 2.0;
    let half_width = (share * (1.0 - share) * widening + widening * widening / 4.0).sqrt();
    let scale = 1.0 + widening;
    let lower = representable("the lower end of a Wilson interval", (centre - half_width) / scale)?;
    let upper = representable("the upper end of a Wilson interval", (centre + half_width) / scale)?;
    // Rounding may move the upper end above 1, or below a share of 1; the interval always contains the share.
    Ok((lower.min(share), upper.max(share).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_holds_the_share_and_stays_between_0_and_1() {
        for days in 1..400 {
            for right in [0, 1, days / 2, days - 1, days] {
                let (lower, upper) = wilson_interval(right, days, Z_95).unwrap();
                let share = right as f64 / days as f64;
                assert!(0.0 <= lower && lower <= share && share <= upper && upper <= 1.0, "{right} of {days}");
            }
        }
    }

    #[test]
    fn is_exact_at_the_ends() {
        // p = 0 leaves (0, z²/(n + z²)); p = 1 is its mirror image.
        let z2 = Z_95 * Z_95;
        let (lower, upper) = wilson_interval(0, 10, Z_95).unwrap();
        assert!(lower == 0.0 && (upper - z2 / (10.0 + z2)).abs() < 1e-15);
        let (lower, upper) = wilson_interval(10, 10, Z_95).unwrap();
        assert!((lower - 10.0 / (10.0 + z2)).abs() < 1e-15 && (upper - 1.0).abs() < 1e-15);
    }

    #[test]
    fn wilson_interval_stays_in_the_unit_interval_despite_rounding() {
        for days in 1..2000 {
            let (none, all) = (wilson_interval(0, days, Z_95).unwrap(), wilson_interval(days, days, Z_95).unwrap());
            assert!(none.0 >= 0.0 && all.1 <= 1.0, "{days} days: {none:?}, {all:?}");
        }
    }

    #[test]
    fn refuses_invalid_shares() {
        assert!(wilson_interval(0, 0, Z_95).is_err());
        assert!(wilson_interval(3, 2, Z_95).is_err());
        assert!(wilson_interval(1, 2, f64::NAN).is_err());
        assert!(wilson_interval(1, 2, 1e200).is_err());
    }
}
