//! What can be wrong with a forecaster.

use closecast_domain::ForecastError;

/// What a check found.
#[derive(Debug, thiserror::Error)]
pub enum Violation {
    /// It panicked.
    #[error("it panicked: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// An error where a result was due.
    #[error("{during}: {source}")]
    Refused {
        /// What was asked for.
        during: &'static str,
        /// The error.
        source: ForecastError,
    },
    /// A result, or another error, where a certain error was due.
    #[error("{during} gave {found} instead of {expected}")]
    NotRefused {
        /// What was asked for.
        during: String,
        /// The error due.
        expected: &'static str,
        /// What came.
        found: String,
    },
    /// Two forecasts that must not differ do.
    #[error("{between} differ: {difference}")]
    Differ {
        /// What was compared.
        between: &'static str,
        /// The first difference.
        difference: String,
    },
    /// Two forecasts that must differ do not.
    #[error("{between} do not differ in a single bit")]
    Same {
        /// What was compared.
        between: &'static str,
    },
    /// A part of a forecast that is not what it must be.
    #[error("{what} is {found}, but must be {allowed}")]
    Wrong {
        /// The part.
        what: String,
        /// What it is.
        found: String,
        /// What it must be.
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
    /// Returns how an error becomes the fault of having been refused.
    pub(super) fn refused(during: &'static str) -> impl Fn(ForecastError) -> Self {
        move |source| Self::Refused { during, source }
    }

    pub(super) fn wrong(what: impl Into<String>, found: impl std::fmt::Debug, allowed: impl std::fmt::Display) -> Self {
        Self::Wrong { what: what.into(), found: format!("{found:?}"), allowed: allowed.to_string() }
    }
}
