//! Violations of the conformance suite.

use closecast_domain::ForecastError;

/// Violation found by a check.
#[derive(Debug, thiserror::Error)]
pub enum Violation {
    /// The forecaster panicked.
    #[error("it panicked: {message}")]
    Panicked {
        /// Message of the panic.
        message: String,
    },
    /// An error instead of a result.
    #[error("{during}: {source}")]
    Refused {
        /// Operation.
        during: &'static str,
        /// The error.
        source: ForecastError,
    },
    /// A result, or another error, instead of the expected error.
    #[error("{during} gave {found} instead of {expected}")]
    NotRefused {
        /// Operation.
        during: String,
        /// Expected error.
        expected: &'static str,
        /// Actual outcome.
        found: String,
    },
    /// Two forecasts that must be identical differ.
    #[error("{between} differ: {difference}")]
    Differ {
        /// Compared forecasts.
        between: &'static str,
        /// The first difference.
        difference: String,
    },
    /// Two forecasts that must differ are identical.
    #[error("{between} do not differ in a single bit")]
    Same {
        /// Compared forecasts.
        between: &'static str,
    },
    /// An invalid part of a forecast.
    #[error("{what} is {found}, but must be {allowed}")]
    Wrong {
        /// The part.
        what: String,
        /// Actual value.
        found: String,
        /// Allowed values.
        allowed: String,
    },
    /// The model cannot be written or read back.
    #[error("{during}: {message}")]
    NotKept {
        /// Writing or reading.
        during: &'static str,
        /// The error.
        message: String,
    },
}

impl Violation {
    /// Returns a function that converts an error into a violation.
    pub(super) fn refused(during: &'static str) -> impl Fn(ForecastError) -> Self {
        move |source| Self::Refused { during, source }
    }

    pub(super) fn wrong(what: impl Into<String>, found: impl std::fmt::Debug, allowed: impl std::fmt::Display) -> Self {
        Self::Wrong { what: what.into(), found: format!("{found:?}"), allowed: allowed.to_string() }
    }
}
