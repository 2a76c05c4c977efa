//! Scaling of features, fitted on the train part only.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{Features, moments::Moments};

/// Kind of scaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScalerKind {
    /// `(x − mean) / standard deviation` with divisor n, as `StandardScaler` of scikit-learn.
    Standard,
    /// `(x − min) / (max − min)`, as `MinMaxScaler` of scikit-learn. Days outside the train part may exceed [0, 1].
    MinMax,
}

/// Why features cannot be scaled.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScalerError {
    /// No rows to fit on.
    #[error("there is no row to fit the scaler on")]
    NoRow,
    /// Rows without values.
    #[error("rows {start} to {end} cannot be used to fit the scaler: the rows with values are {first} to {last}")]
    RowsOutOfRange {
        /// First row requested.
        start: usize,
        /// End of the requested rows, exclusive.
        end: usize,
        /// First row with values.
        first: usize,
        /// End of the rows with values, exclusive.
        last: usize,
    },
    /// Features that the scaler was not fitted on.
    #[error("the scaler was fitted on [{}] and cannot scale [{}]", expected.join(", "), found.join(", "))]
    OtherFeatures {
        /// Names that the scaler was fitted on, in order.
        expected: Vec<String>,
        /// Names found.
        found: Vec<String>,
    },
    /// Invalid stored scale.
    #[error(
        "the scale of {feature} is not usable (offset {offset}, scale {scale}): the scale must be above 0, both finite"
    )]
    UnusableScale {
        /// Name of the feature.
        feature: String,
        /// Value subtracted.
        offset: f64,
        /// Divisor.
        scale: f64,
    },
}

/// An unfitted scaler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scaler {
    kind: ScalerKind,
}

impl Scaler {
    /// Returns a scaler to be fitted.
    #[must_use]
    pub fn new(kind: ScalerKind) -> Self {
        Self { kind }
    }

    /// Fits the scaler on `rows`: those of the train part, within the valid rows. Other rows are not read.
    ///
    /// A constant feature is only shifted (its scale is 1), as in scikit-learn.
    ///
    /// # Errors
    /// [`ScalerError::NoRow`] when `rows` is empty, [`ScalerError::RowsOutOfRange`] when it exceeds the valid rows.
    pub fn fit(self, features: &Features, rows: Range<usize>) -> Result<FittedScaler, ScalerError> {
        self.fit_all([(features, rows)])
    }

    /// Fits one scaler on the train parts of several histories, with equal weight for every row.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit), and [`ScalerError::OtherFeatures`] when the tables have different columns.
    pub fn fit_all<'a>(
        self,
        parts: impl IntoIterator<Item = (&'a Features, Range<usize>)>,
    ) -> Result<FittedScaler, ScalerError> {
        let mut names: Option<&[String]> = None;
        let mut columns: Vec<Spread> = Vec::new();
        for (features, rows) in parts {
            let expected = *names.get_or_insert(features.names());
            check_names(expected, features.names())?;
            check_rows(features, &rows)?;
            columns.resize(features.n_features(), Spread::default());
            for row in features.as_slice().chunks_exact(features.n_features()).skip(rows.start).take(rows.len()) {
                for (column, &value) in columns.iter_mut().zip(row) {
                    column.add(f64::from(value));
                }
            }
        }
        let names = names.ok_or(ScalerError::NoRow)?;
        let scale = |(name, column): (&String, &Spread)| column.scale(self.kind, name.clone());
        FittedScaler::new(self.kind, names.iter().zip(&columns).map(scale).collect())
    }
}

/// Scale of one feature: `(x − offset) / scale`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureScale {
    /// Name of the feature.
    pub feature: String,
    /// Mean, or minimum.
    pub offset: f64,
    /// Standard deviation, or maximum minus minimum; 1 for a constant feature.
    pub scale: f64,
}

/// A fitted scaler. Deserialisation checks its scales.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct FittedScaler {
    kind: ScalerKind,
    scales: Vec<FeatureScale>,
}

impl FittedScaler {
    fn new(kind: ScalerKind, scales: Vec<FeatureScale>) -> Result<Self, ScalerError> {
        let usable = |scale: &FeatureScale| scale.offset.is_finite() && scale.scale.is_finite() && scale.scale > 0.0;
        match scales.iter().find(|scale| !usable(scale)) {
            Some(FeatureScale { feature, offset, scale }) => {
                Err(ScalerError::UnusableScale { feature: feature.clone(), offset: *offset, scale: *scale })
            }
            None => Ok(Self { kind, scales }),
        }
    }

    /// Returns the kind of scaling.
    #[must_use]
    pub fn kind(&self) -> ScalerKind {
        self.kind
    }

    /// Returns the scale of each feature, in order.
    #[must_use]
    pub fn scales(&self) -> &[FeatureScale] {
        &self.scales
    }

    /// Returns the scaled features. Rows before the first valid one stay NaN.
    ///
    /// # Errors
    /// [`ScalerError::OtherFeatures`] when the columns differ from those the scaler was fitted on.
    pub fn transform(&self, features: &Features) -> Result<Features, ScalerError> {
        let mut scaled = features.clone();
        self.transform_in_place(&mut scaled)?;
        Ok(scaled)
    }

    /// Scales the features in place. Must be called at most once per table.
    ///
    /// # Errors
    /// [`ScalerError::OtherFeatures`]; the table is then unchanged.
    pub fn transform_in_place(&self, features: &mut Features) -> Result<(), ScalerError> {
        let expected: Vec<String> = self.scales.iter().map(|scale| scale.feature.clone()).collect();
        check_names(&expected, features.names())?;
        features.map_in_place(|column, value| {
            let FeatureScale { offset, scale, .. } = self.scales[column];
            ((f64::from(value) - offset) / scale) as f32
        });
        Ok(())
    }

    /// Scales one value of column `feature`; `None` if the column does not exist.
    #[must_use]
    pub fn forward(&self, feature: usize, value: f64) -> Option<f64> {
        self.scales.get(feature).map(|scale| (value - scale.offset) / scale.scale)
    }

    /// Reverses [`forward`](Self::forward).
    #[must_use]
    pub fn inverse(&self, feature: usize, scaled: f64) -> Option<f64> {
        self.scales.get(feature).map(|scale| scaled * scale.scale + scale.offset)
    }
}

/// Serialised form of a [`FittedScaler`].
#[derive(Serialize, Deserialize)]
struct Stored {
    kind: ScalerKind,
    features: Vec<FeatureScale>,
}

impl TryFrom<Stored> for FittedScaler {
    type Error = ScalerError;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        Self::new(stored.kind, stored.features)
    }
}

impl From<FittedScaler> for Stored {
    fn from(scaler: FittedScaler) -> Self {
        Self { kind: scaler.kind, features: scaler.scales }
    }
}

/// Statistics of one column.
#[derive(Clone, Copy)]
struct Spread {
    moments: Moments,
    min: f64,
    max: f64,
}

impl Default for Spread {
    fn default() -> Self {
        Self { moments: Moments::default(), min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Spread {
    fn add(&mut self, value: f64) {
        self.moments = self.moments.join(Moments::of(value));
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    fn scale(&self, kind: ScalerKind, feature: String) -> FeatureScale {
        let (offset, spread) = match kind {
            ScalerKind::Standard => (self.moments.mean(), self.moments.population_variance().sqrt()),
            ScalerKind::MinMax => (self.min, self.max - self.min),
        };
        // Minimum and maximum are compared, not the deviation: rounding gives equal numbers a deviation above 0.
        let varies = self.max > self.min && spread > 0.0;
        FeatureScale { feature, offset, scale: if varies { spread } else { 1.0 } }
    }
}

fn check_names(expected: &[String], found: &[String]) -> Result<(), ScalerError> {
    if expected == found {
        return Ok(());
    }
    Err(ScalerError::OtherFeatures { expected: expected.to_vec(), found: found.to_vec() })
}

fn check_rows(features: &Features, rows: &Range<usize>) -> Result<(), ScalerError> {
    let (first, last) = (features.first_valid(), features.n_days());
    if rows.is_empty() {
        return Err(ScalerError::NoRow);
    }
    if rows.start < first || rows.end > last {
        return Err(ScalerError::RowsOutOfRange { start: rows.start, end: rows.end, first, last });
    }
    Ok(())
}
