//! Christoffersen's tests of interval forecasts: independence and conditional coverage.

use statrs::function::erf::erfc;

use super::kupiec::{Kupiec, kupiec};
use crate::error::{EvalError, representable};

/// A likelihood ratio and its p-value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LikelihoodRatio {
    /// Twice the logarithm of the likelihood ratio, at least 0.
    pub statistic: f64,
    /// Probability of a ratio this large under the null hypothesis.
    pub p_value: f64,
}

/// Result of Christoffersen's tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Christoffersen {
    /// Kupiec's test on all days: is the miss rate nominal?
    pub unconditional: Kupiec,
    /// Share of misses on days after a day inside the interval, in [0, 1]; `None` if no day follows one.
    pub miss_after_inside: Option<f64>,
    /// Share of misses on days after a miss, in [0, 1]; `None` if no day follows one. Larger than `miss_after_inside` if misses
    /// cluster.
    pub miss_after_miss: Option<f64>,
    /// Independence: is a miss as likely after a miss as after none? χ² with one degree of freedom; see [`christoffersen`] for
    /// `None`.
    pub independence: Option<LikelihoodRatio>,
    /// Conditional coverage, both at once: is the miss rate nominal regardless of the previous day? χ² with two degrees of
    /// freedom; `None` with `independence`.
    pub conditional: Option<LikelihoodRatio>,
}

/// Tests whether intervals of probability `level` miss independently of the previous day and at the nominal rate, by
/// `misses` in order of days, true where the actual lay outside (Christoffersen, "Evaluating Interval Forecasts",
/// International Economic Review 39, 1998, sections 3.2 and 3.3).
///
/// With `n₀₀, n₀₁, n₁₀, n₁₁` the number of days in state `j` (1 for a miss) after one in state `i`,
/// `πᵢⱼ = nᵢⱼ / (nᵢ₀ + nᵢ₁)`, `πⱼ` the share of days from the second on in state `j`, and `p₁ = 1 − level`,
/// `p₀ = level`: `LR_ind = 2·Σ nᵢⱼ·ln(πᵢⱼ / πⱼ)`, `LR_cc = 2·Σ nᵢⱼ·ln(πᵢⱼ / pⱼ)`. `LR_cc` is the sum of `LR_ind` and of
/// Kupiec's statistic on the second day and later, both being conditional on the first; that of `unconditional` counts
/// the first day too.
///
/// The alternative is a Markov chain, which needs both of its states: where no day follows a miss (none at all, or one
/// on the last day alone), or no day follows one inside, the chain has no estimate, and both ratios are `None`.
/// Only Kupiec's test is then available. If misses are never consecutive, `n₁₁·ln π₁₁` is 0, its limit. The test is two-sided
/// and also rejects misses that alternate. With few misses χ² is a rough approximation.
///
/// At a horizon of several sessions forecasts overlap, and misses cluster even when they are calibrated: test one
/// step ahead, or every `horizon`-th day.
///
/// # Errors
/// [`EvalError::Empty`] without days, [`EvalError::InvalidLevel`] when `level` is outside (0, 1).
pub fn christoffersen(misses: &[bool], level: f64) -> Result<Christoffersen, EvalError> {
    let unconditional = kupiec_of(misses, level)?;
    let [[calm, first], [last, consecutive]] = transitions(misses);
    let share = |misses: usize, inside: usize| {
        let days = misses + inside;
        (days > 0).then(|| misses as f64 / days as f64)
    };
    let (after_inside, after_miss) = (share(first, calm), share(consecutive, last));
    let (mut independence, mut conditional) = (None, None);
    if let (Some(after_inside), Some(after_miss), Some(any)) =
        (after_inside, after_miss, share(first + consecutive, calm + last))
    {
        let against = |probability: f64| {
            log_ratio(first, after_inside, probability)
                + log_ratio(calm, 1.0 - after_inside, 1.0 - probability)
                + log_ratio(consecutive, after_miss, probability)
                + log_ratio(last, 1.0 - after_miss, 1.0 - probability)
        };
        let ratio = statistic("Christoffersen's independence statistic", against(any))?;
        // A χ² with one degree of freedom is the square of a standard normal.
        independence = Some(LikelihoodRatio { statistic: ratio, p_value: erfc((ratio / 2.0).sqrt()) });
        let ratio = statistic("Christoffersen's conditional statistic", against(1.0 - level))?;
        // One with two degrees of freedom is exponential.
        conditional = Some(LikelihoodRatio { statistic: ratio, p_value: (-ratio / 2.0).exp() });
    }
    Ok(Christoffersen {
        unconditional,
        miss_after_inside: after_inside,
        miss_after_miss: after_miss,
        independence,
        conditional,
    })
}

/// Returns Kupiec's test for known misses: a miss is a 1 outside the interval [0, 0].
fn kupiec_of(misses: &[bool], level: f64) -> Result<Kupiec, EvalError> {
    let outside: Vec<f64> = misses.iter().map(|&miss| f64::from(u8::from(miss))).collect();
    kupiec(&outside, &vec![(0.0, 0.0); misses.len()], level)
}

/// Returns the number of days in state `j` that follow one in state `i`, as `[i][j]`, with 1 for a miss.
fn transitions(misses: &[bool]) -> [[usize; 2]; 2] {
    let mut counts = [[0; 2]; 2];
    for pair in misses.windows(2) {
        counts[usize::from(pair[0])][usize::from(pair[1])] += 1;
    }
    counts
}

/// Returns `count·ln(share / probability)`, which tends to 0 as the count does.
fn log_ratio(count: usize, share: f64, probability: f64) -> f64 {
    if count == 0 { 0.0 } else { count as f64 * (share / probability).ln() }
}

/// Returns twice the logarithm of a ratio, at least 0: rounding may make it slightly negative.
fn statistic(what: &'static str, log_ratio: f64) -> Result<f64, EvalError> {
    Ok(representable(what, 2.0 * log_ratio)?.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days from text: `x` is a miss.
    fn days(text: &str) -> Vec<bool> {
        text.chars().map(|day| day == 'x').collect()
    }

    #[test]
    fn counts_transitions() {
        assert_eq!(transitions(&days("..xx.x...")), [[3, 2], [2, 1]]);
        assert_eq!(transitions(&days("x")), [[0; 2]; 2]);
    }

    #[test]
    fn clustered_misses_at_the_nominal_rate_are_rejected() {
        let clustered = days(&[".".repeat(45), "x".repeat(5)].concat().repeat(4));
        let result = christoffersen(&clustered, 0.9).unwrap();
        assert!(result.unconditional.p_value > 0.99, "{result:?}");
        assert!(result.independence.unwrap().p_value < 1e-6 && result.conditional.unwrap().p_value < 1e-6);
        assert!(result.miss_after_miss > result.miss_after_inside);
    }

    #[test]
    fn alternating_misses_are_rejected() {
        let result = christoffersen(&days(&".x".repeat(50)), 0.5).unwrap();
        assert_eq!((result.miss_after_inside, result.miss_after_miss), (Some(1.0), Some(0.0)));
        assert!(result.unconditional.p_value > 0.99 && result.independence.unwrap().p_value < 1e-6);
    }

    #[test]
    fn ratios_are_none_without_both_states() {
        for text in [".........", "........x", "xxxxxxxx", "xxxxxxx.", ".", "x"] {
            let result = christoffersen(&days(text), 0.9).unwrap();
            assert_eq!((result.independence, result.conditional), (None, None), "{text}");
            assert_eq!(result.unconditional.days, text.len());
        }
        assert_eq!(christoffersen(&days("...."), 0.9).unwrap().miss_after_inside, Some(0.0));
        assert_eq!(christoffersen(&days("...."), 0.9).unwrap().miss_after_miss, None);
    }

    #[test]
    fn is_defined_where_no_misses_are_consecutive() {
        let apart = christoffersen(&days("..x......x......."), 0.9).unwrap();
        assert!(apart.independence.unwrap().statistic > 0.0 && apart.miss_after_miss == Some(0.0));
        // The only miss on the first day: none from the second on, after either state.
        let opening = christoffersen(&days("x........"), 0.9).unwrap();
        assert_eq!(opening.independence, Some(LikelihoodRatio { statistic: 0.0, p_value: 1.0 }));
        let expected = -2.0 * 8.0 * 0.9_f64.ln();
        assert!((opening.conditional.unwrap().statistic - expected).abs() < 1e-12);
    }

    #[test]
    fn joins_independence_and_coverage_from_the_second_day_on() {
        let misses = days("x.....xx.....x..xxx.....x..........x.....x.");
        let result = christoffersen(&misses, 0.9).unwrap();
        let coverage = christoffersen(&misses[1..], 0.9).unwrap().unconditional;
        let sum = result.independence.unwrap().statistic + coverage.statistic;
        assert!((result.conditional.unwrap().statistic - sum).abs() < 1e-12);
    }

    #[test]
    fn refuses_invalid_input() {
        assert!(matches!(christoffersen(&[], 0.9), Err(EvalError::Empty { .. })));
        for level in [0.0, 1.0, f64::NAN] {
            assert!(matches!(christoffersen(&[true], level), Err(EvalError::InvalidLevel { .. })));
        }
    }
}
