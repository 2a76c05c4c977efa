//! Comparison of two forecasts over many symbols.

use serde::{Deserialize, Serialize};

use crate::{
    error::{EvalError, check_lists, representable},
    summation::mean,
};

/// Comparison of a loss with that of a base over many symbols.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeometricMeanRatio {
    /// Symbols compared.
    pub symbols: usize,
    /// Geometric mean over the symbols of `ours / base`: below 1 if ours is lower.
    pub ratio: f64,
    /// Share of the symbols on which ours is lower than the base, in [0, 1]; a tie is not lower.
    pub share_lower: f64,
}

/// Returns the geometric mean of `ours / base`, `exp(Σ ln(oursᵢ / baseᵢ) / n)`, over pairs `(ours, base)`, one per symbol, and
/// the share of symbols on which ours is lower. Unlike the arithmetic mean, the geometric mean of inverted ratios is the
/// inverse, so that the choice of the base does not matter (Fleming and Wallace, "How Not to Lie with
/// Statistics: The Correct Way to Summarize Benchmark Results", Communications of the ACM 29, 1986).
///
/// # Errors
/// [`EvalError::NotPositive`] when a loss is not positive; [`EvalError`] without pairs, with NaN or infinity, or when the
/// result overflows.
pub fn geometric_mean_ratio(pairs: &[(f64, f64)]) -> Result<GeometricMeanRatio, EvalError> {
    let (ours, base): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    for (what, values) in [("ours", &ours), ("base", &base)] {
        check_lists(&[(what, values)])?;
        if let Some(index) = values.iter().position(|&value| value <= 0.0) {
            return Err(EvalError::NotPositive { what, index, value: values[index] });
        }
    }
    // Difference of the logarithms, because the ratio may overflow.
    let mean_log = mean(pairs.iter().map(|(ours, base)| ours.ln() - base.ln()));
    let ratio = representable("the geometric mean of the ratios", mean_log.exp())?;
    let lower = pairs.iter().filter(|(ours, base)| ours < base).count();
    Ok(GeometricMeanRatio { symbols: pairs.len(), ratio, share_lower: lower as f64 / pairs.len() as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighs_a_halving_like_a_doubling() {
        let result = geometric_mean_ratio(&[(1.0, 2.0), (6.0, 3.0), (5.0, 5.0), (4.0, 1.0)]).unwrap();
        assert!((result.ratio - 2.0_f64.sqrt()).abs() < 1e-15);
        assert_eq!((result.symbols, result.share_lower), (4, 0.25));
    }

    #[test]
    fn refuses_losses_without_a_ratio() {
        let zero = geometric_mean_ratio(&[(1.0, 2.0), (0.0, 1.0)]);
        assert_eq!(zero, Err(EvalError::NotPositive { what: "ours", index: 1, value: 0.0 }));
        let negative = geometric_mean_ratio(&[(1.0, -2.0)]);
        assert_eq!(negative, Err(EvalError::NotPositive { what: "base", index: 0, value: -2.0 }));
        let nan = geometric_mean_ratio(&[(1.0, f64::NAN)]);
        assert_eq!(nan, Err(EvalError::NonFinite { what: "base", index: 0 }));
        assert!(matches!(geometric_mean_ratio(&[]), Err(EvalError::Empty { .. })));
        assert!(matches!(geometric_mean_ratio(&[(1e308, 1e-308)]), Err(EvalError::Overflow { .. })));
    }
}
