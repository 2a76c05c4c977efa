//! Correction for multiple tests.

use crate::error::{EvalError, check_lists};

/// Returns the adjusted p-values, in the given order: rejecting those up to `q` keeps the false discovery rate at most `q`
/// (Benjamini and Hochberg, "Controlling the False Discovery Rate", Journal of the Royal Statistical Society B 57, 1995). The
/// adjusted value of the `i`-th smallest of `m` is the minimum of `p₍ⱼ₎·m/j` over `j ≥ i`, at most 1.
///
/// It holds for independent tests and for positively dependent ones, such as those of related features.
///
/// # Errors
/// [`EvalError`] without p-values, or when one is not a probability.
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>, EvalError> {
    check_lists(&[("p_values", p_values)])?;
    if let Some(index) = p_values.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(EvalError::InvalidLevel { index, level: p_values[index] });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (smaller, &place) in order.iter().enumerate().rev() {
        least = least.min(p_values[place] * (p_values.len() as f64 / (smaller + 1) as f64));
        adjusted[place] = least;
    }
    Ok(adjusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_test_needs_no_correction_and_the_largest_keeps_its_value() {
        assert_eq!(benjamini_hochberg(&[0.03]), Ok(vec![0.03]));
        let adjusted = benjamini_hochberg(&[0.9, 0.01, 0.02]).unwrap();
        assert_eq!((adjusted[0], adjusted[1], adjusted[2]), (0.9, 0.03, 0.03));
    }

    #[test]
    fn refuses_invalid_probabilities() {
        assert!(benjamini_hochberg(&[]).is_err());
        assert!(benjamini_hochberg(&[0.1, 1.1]).is_err() && benjamini_hochberg(&[f64::NAN]).is_err());
    }
}
