//! Errors of metrics and tests.

use chrono::NaiveDate;

/// Why a figure cannot be computed. A figure that is *undefined* for valid input (such as a percentage of a price of zero) is
/// `None` instead of an error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvalError {
    /// An empty list.
    #[error("{what} is empty: at least one day is needed")]
    Empty {
        /// Name of the list.
        what: &'static str,
    },
    /// Two lists of different lengths.
    #[error("{what} has {length} values, but {reference} has {expected}: give one value per day for each")]
    UnequalLengths {
        /// Name of the list that differs.
        what: &'static str,
        /// Its length.
        length: usize,
        /// Name of the list it was compared with.
        reference: &'static str,
        /// Length of that list.
        expected: usize,
    },
    /// A value is NaN or infinite. It is never skipped: a model must not score better by failing on difficult days.
    #[error("{what}[{index}] is not finite: no day may be left out of an evaluation, check how it was computed")]
    NonFinite {
        /// Name of the list.
        what: &'static str,
        /// Position in the list, from 0.
        index: usize,
    },
    /// All inputs are finite, but the result overflows.
    #[error("{what} is too large to be represented: check the values for implausible prices")]
    Overflow {
        /// Name of the result.
        what: &'static str,
    },
    /// Too few values.
    #[error("{what} needs at least {need} values and has {have}: use more days")]
    TooFew {
        /// Name of the result.
        what: &'static str,
        /// Values given.
        have: usize,
        /// Values needed.
        need: usize,
    },
    /// A part that is larger than its whole, or a whole of 0.
    #[error("{part} of {whole} is not a share: the part must lie between 0 and the whole, which must be at least 1")]
    InvalidShare {
        /// Number counted.
        part: usize,
        /// Number it was counted among.
        whole: usize,
    },
    /// Dates that are out of order or repeated.
    #[error(
        "the outcome of {date} at position {index} is not later than the previous one: sort by date and keep one per day"
    )]
    Unordered {
        /// Position in the list, from 0.
        index: usize,
        /// Date of the outcome.
        date: NaiveDate,
    },
    /// A probability outside (0, 1), or levels that are not ascending.
    #[error(
        "the level {level} at position {index} is not valid: levels must be ascending and lie strictly between 0 and 1"
    )]
    InvalidLevel {
        /// Position in the list, from 0.
        index: usize,
        /// The level given.
        level: f64,
    },
    /// A volatility that is zero or negative.
    #[error("{what}[{index}] is {value}: it must be above zero")]
    NotPositive {
        /// Name of the list.
        what: &'static str,
        /// Position in the list, from 0.
        index: usize,
        /// The value given.
        value: f64,
    },
    /// An interval whose lower end exceeds its upper end.
    #[error(
        "the interval at position {index} runs from {lower} to {upper}: its lower end must not exceed its upper end"
    )]
    CrossedInterval {
        /// Position in the list, from 0.
        index: usize,
        /// Lower end.
        lower: f64,
        /// Upper end.
        upper: f64,
    },
    /// A forecast horizon of zero.
    #[error("the horizon is 0: it must be at least one session")]
    ZeroHorizon,
    /// A distribution could not be evaluated.
    #[error("the {distribution} distribution could not be evaluated with {parameter}")]
    Distribution {
        /// Name of the distribution.
        distribution: &'static str,
        /// The invalid parameter.
        parameter: f64,
    },
}

/// A list of values with its name for error messages.
pub(crate) type Named<'a> = (&'static str, &'a [f64]);

/// Checks that all lists are non-empty, finite, and of equal length.
pub(crate) fn check_lists(lists: &[Named<'_>]) -> Result<(), EvalError> {
    let Some(&(reference, first)) = lists.first() else { return Ok(()) };
    for &(what, values) in lists {
        if values.len() != first.len() {
            return Err(EvalError::UnequalLengths { what, length: values.len(), reference, expected: first.len() });
        }
        if values.is_empty() {
            return Err(EvalError::Empty { what });
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(EvalError::NonFinite { what, index });
        }
    }
    Ok(())
}

/// Returns a finite result, otherwise an error.
pub(crate) fn representable(what: &'static str, value: f64) -> Result<f64, EvalError> {
    if value.is_finite() { Ok(value) } else { Err(EvalError::Overflow { what }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_list_and_the_day_that_is_wrong() {
        assert_eq!(check_lists(&[("actual", &[])]), Err(EvalError::Empty { what: "actual" }));
        assert_eq!(
            check_lists(&[("actual", &[1.0, 2.0]), ("forecast", &[1.0])]),
            Err(EvalError::UnequalLengths { what: "forecast", length: 1, reference: "actual", expected: 2 })
        );
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(
                check_lists(&[("actual", &[1.0, 2.0]), ("forecast", &[1.0, bad])]),
                Err(EvalError::NonFinite { what: "forecast", index: 1 })
            );
        }
    }
}
