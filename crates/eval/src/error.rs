//! Why something could not be measured.

use chrono::NaiveDate;

/// Why a figure could not be computed. A figure that is *undefined* on good input (a percentage of a price of zero,
/// say) is no error but `None`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvalError {
    /// There is nothing to measure.
    #[error("{what} is empty: at least one day is needed")]
    Empty {
        /// Name of the list.
        what: &'static str,
    },
    /// Two lists that must belong together do not.
    #[error("{what} has {length} values, but {reference} has {expected}: give one value a day for each")]
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
    /// A value is NaN or infinite. It is never skipped: a model must not look better for failing on its bad days.
    #[error("{what}[{index}] is not finite: find out where it was computed, no day may be left out of an evaluation")]
    NonFinite {
        /// Name of the list.
        what: &'static str,
        /// Position in the list, from 0.
        index: usize,
    },
    /// All inputs are finite, but the result is too large for a double.
    #[error("{what} is too large to be represented: look for an absurd price among the values")]
    Overflow {
        /// What was computed.
        what: &'static str,
    },
    /// Too few values for a figure that means anything.
    #[error("{what} needs at least {need} values and has {have}: use a longer stretch of days")]
    TooFew {
        /// What was asked for.
        what: &'static str,
        /// Values given.
        have: usize,
        /// Values needed.
        need: usize,
    },
    /// A part that is larger than its whole, or a share of nothing.
    #[error("{part} of {whole} is no share: the part lies between 0 and the whole, which is at least 1")]
    InvalidShare {
        /// Number counted.
        part: usize,
        /// Number it was counted among.
        whole: usize,
    },
    /// Days that are not in order, or one that is there twice.
    #[error(
        "the outcome of {date} at position {index} does not come after the one before it: sort, and keep one a day"
    )]
    Unordered {
        /// Position in the list, from 0.
        index: usize,
        /// Date of the offending outcome.
        date: NaiveDate,
    },
    /// A probability outside (0, 1), or levels that do not rise.
    #[error(
        "the level {level} at position {index} is not valid: levels must rise and lie between 0 and 1, both excluded"
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
    /// An interval whose lower end lies above its upper end.
    #[error("the interval at position {index} runs from {lower} to {upper}: its ends are the wrong way round")]
    CrossedInterval {
        /// Position in the list, from 0.
        index: usize,
        /// Lower end.
        lower: f64,
        /// Upper end.
        upper: f64,
    },
    /// A forecast horizon of zero.
    #[error("the horizon is 0: a forecast reaches at least one session ahead")]
    ZeroHorizon,
    /// The arithmetic of a distribution failed.
    #[error("the {distribution} distribution could not be evaluated with {parameter}")]
    Distribution {
        /// Name of the distribution.
        distribution: &'static str,
        /// The parameter that it refused.
        parameter: f64,
    },
}

/// A list of values with the name that an error message calls it by.
pub(crate) type Named<'a> = (&'static str, &'a [f64]);

/// Checks that all lists are of the same length, not empty, and finite throughout.
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

/// Passes on a result that is finite.
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
