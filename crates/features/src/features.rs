//! The table a network reads: one row a day, one column a feature.

use chrono::NaiveDate;

use crate::FeatureKind;

/// Why features cannot be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FeatureError {
    /// A name that no feature has.
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
        /// Sessions there are.
        have: usize,
        /// Sessions needed for a single row.
        need: usize,
        /// The feature that needs most.
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
    /// A table whose parts do not fit together.
    #[error("{values} values are no table of {days} days with {features} features")]
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

/// Feature values of consecutive sessions, `[day, feature]`, row by row in one block of memory.
///
/// Rows before [`first_valid`](Self::first_valid) are NaN in every column, so that reading one by mistake cannot go
/// unnoticed; from there on every value is finite.
#[derive(Clone, Debug)]
pub struct Features {
    dates: Vec<NaiveDate>,
    names: Vec<String>,
    values: Vec<f32>,
    first_valid: usize,
}

impl Features {
    /// Returns the table of `values`, row-major `[dates.len(), names.len()]`. Rows before `first_valid` become NaN.
    ///
    /// # Errors
    /// [`FeatureError::NoFeature`] without names, [`FeatureError::Shape`] when the lengths do not fit, and
    /// [`FeatureError::NonFinite`] when a value from `first_valid` on is NaN or infinite.
    pub fn new(
        dates: Vec<NaiveDate>,
        names: Vec<String>,
        mut values: Vec<f32>,
        first_valid: usize,
    ) -> Result<Self, FeatureError> {
        let (days, features) = (dates.len(), names.len());
        if features == 0 {
            return Err(FeatureError::NoFeature);
        }
        if days.checked_mul(features) != Some(values.len()) {
            return Err(FeatureError::Shape { days, features, values: values.len() });
        }
        let first_valid = first_valid.min(days);
        values[..first_valid * features].fill(f32::NAN);
        let valid = &values[first_valid * features..];
        if let Some(place) = valid.iter().position(|value| !value.is_finite()) {
            let (day, feature) = (first_valid + place / features, place % features);
            return Err(FeatureError::NonFinite { feature: names[feature].clone(), date: dates[day] });
        }
        Ok(Self { dates, names, values, first_valid })
    }

    /// Returns the sessions, one a row.
    #[must_use]
    pub fn dates(&self) -> &[NaiveDate] {
        &self.dates
    }

    /// Returns the names of the features, one a column.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn n_days(&self) -> usize {
        self.dates.len()
    }

    /// Returns the number of columns, at least 1.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.names.len()
    }

    /// Returns the first row with values.
    #[must_use]
    pub fn first_valid(&self) -> usize {
        self.first_valid
    }

    /// Returns all values, row-major `[day, feature]`.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.values
    }

    /// Returns the features of one day, `[feature]`; `None` past the last day.
    #[must_use]
    pub fn row(&self, day: usize) -> Option<&[f32]> {
        self.values.chunks_exact(self.n_features()).nth(day)
    }

    /// Returns one feature on every day; `None` when there is no such column.
    #[must_use]
    pub fn column(&self, feature: usize) -> Option<impl Iterator<Item = f32>> {
        (feature < self.n_features()).then(|| self.values.iter().skip(feature).step_by(self.n_features()).copied())
    }

    /// Returns the column of the feature of that name.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Applies `change(feature, value)` to every value from [`first_valid`](Self::first_valid) on.
    pub(crate) fn map_in_place(&mut self, change: impl Fn(usize, f32) -> f32) {
        let width = self.n_features();
        for row in self.values.chunks_exact_mut(width).skip(self.first_valid) {
            for (feature, value) in row.iter_mut().enumerate() {
                *value = change(feature, *value);
            }
        }
    }
}
