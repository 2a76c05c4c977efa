//! The feature table: one row per day, one column per feature.

use chrono::NaiveDate;

use crate::error::FeatureError;

/// Feature values of consecutive sessions, row-major `[day, feature]`.
///
/// Rows before [`first_valid`](Self::first_valid) are NaN in every column, so that reading them by mistake is noticed; all
/// later values are finite.
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
    /// [`FeatureError::NoFeature`] without names, [`FeatureError::Shape`] when the lengths do not match, and
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

    /// Returns the sessions, one per row.
    #[must_use]
    pub fn dates(&self) -> &[NaiveDate] {
        &self.dates
    }

    /// Returns the names of the features, one per column.
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

    /// Returns the features of one day, `[feature]`; `None` after the last day.
    #[must_use]
    pub fn row(&self, day: usize) -> Option<&[f32]> {
        self.values.chunks_exact(self.n_features()).nth(day)
    }

    /// Returns one feature on every day; `None` when there is no such column.
    #[must_use]
    pub fn column(&self, feature: usize) -> Option<impl Iterator<Item = f32>> {
        (feature < self.n_features()).then(|| self.values.iter().skip(feature).step_by(self.n_features()).copied())
    }

    /// Returns the column index of a feature.
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
