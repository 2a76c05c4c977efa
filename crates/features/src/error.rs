//! Errors of features, and parsing of feature names.

use std::str::FromStr;

use chrono::NaiveDate;

use crate::kind::FeatureKind;

/// Why features cannot be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FeatureError {
    /// An unknown feature name.
    #[error("there is no feature {name:?}; the features are {}", known_names())]
    UnknownFeature {
        /// The name given.
        name: String,
    },
    /// An empty list of features.
    #[error("the list of features is empty: name at least one")]
    NoFeature,
    /// A feature named twice.
    #[error("the feature {feature} is named twice: name each one once")]
    Duplicate {
        /// Its name.
        feature: &'static str,
    },
    /// Fewer sessions than the warm-up takes.
    #[error("the history has {have} sessions and {feature} needs {need}: start it earlier, or leave the feature out")]
    TooShort {
        /// Sessions of the history.
        have: usize,
        /// Sessions needed for a single row.
        need: usize,
        /// The feature with the longest warm-up.
        feature: &'static str,
    },
    /// A value after the warm-up that is NaN or infinite, or too large for 32 bits.
    #[error("{feature} is not finite on {date}: the prices around that date are unusable, check the data")]
    NonFinite {
        /// Name of the feature.
        feature: String,
        /// Session.
        date: NaiveDate,
    },
    /// A table whose dimensions do not match.
    #[error("{values} values do not fill a table of {days} days with {features} features")]
    Shape {
        /// Days.
        days: usize,
        /// Features.
        features: usize,
        /// Values.
        values: usize,
    },
}

fn known_names() -> String {
    FeatureKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

impl FromStr for FeatureKind {
    type Err = FeatureError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().copied().find(|kind| kind.name() == name);
        known.ok_or_else(|| FeatureError::UnknownFeature { name: name.to_owned() })
    }
}

impl TryFrom<String> for FeatureKind {
    type Error = FeatureError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}
