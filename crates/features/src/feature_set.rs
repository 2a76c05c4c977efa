//! The input features of a network, in order.

use closecast_domain::History;
use serde::{Deserialize, Serialize};

use crate::{FeatureError, FeatureKind, Features, columns::Inputs};

/// An ordered list of distinct features, never empty. Serialised as the list of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<FeatureKind>", into = "Vec<FeatureKind>")]
pub struct FeatureSet(Vec<FeatureKind>);

impl FeatureSet {
    /// Returns the set of `kinds` in the order given.
    ///
    /// # Errors
    /// [`FeatureError::NoFeature`] for an empty list, [`FeatureError::Duplicate`] when one is named twice.
    pub fn new(kinds: Vec<FeatureKind>) -> Result<Self, FeatureError> {
        if kinds.is_empty() {
            return Err(FeatureError::NoFeature);
        }
        let repeated = kinds.iter().enumerate().find(|(index, kind)| kinds[..*index].contains(kind));
        match repeated {
            Some((_, kind)) => Err(FeatureError::Duplicate { feature: kind.name() }),
            None => Ok(Self(kinds)),
        }
    }

    /// Returns the set of the named features.
    ///
    /// # Errors
    /// [`FeatureError::UnknownFeature`], and those of [`new`](Self::new).
    pub fn from_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, FeatureError> {
        let kinds: Result<Vec<FeatureKind>, FeatureError> =
            names.into_iter().map(|name| name.as_ref().parse()).collect();
        Self::new(kinds?)
    }

    /// Returns the default inputs for forecasting log returns measured in σ: 18 features that are independent of price level,
    /// currency and symbol, so that one network can be trained on many symbols.
    #[must_use]
    pub fn standard() -> Self {
        use FeatureKind as Kind;
        Self(vec![
            Kind::ScaledReturn,
            Kind::ScaledGap,
            Kind::ScaledRange,
            Kind::GarmanKlassRatio,
            Kind::Har1,
            Kind::Har5,
            Kind::Har22,
            Kind::VolatilityTrend,
            Kind::Rsi14,
            Kind::Macd,
            Kind::Roc5,
            Kind::Ma7,
            Kind::Ma30,
            Kind::Ma90,
            Kind::VolumeSurprise,
            Kind::WeekdaySin,
            Kind::WeekdayCos,
            Kind::DaysToNext,
        ])
    }

    /// Returns the inputs that predict the volatility of the coming days: returns, ranges and overnight gaps over spans from a
    /// day to a year, volume and calendar. They are independent of price level, currency and symbol, and contain only ratios of
    /// volatilities.
    #[must_use]
    pub fn volatility() -> Self {
        use FeatureKind as Kind;
        Self(vec![
            Kind::ScaledReturn,
            Kind::ScaledGap,
            Kind::AbsoluteReturn,
            Kind::AbsoluteGap,
            Kind::ScaledRange,
            Kind::ReturnVolatility3,
            Kind::ReturnVolatility9,
            Kind::ReturnVolatility66,
            Kind::ReturnVolatility132,
            Kind::ReturnVolatility333,
            Kind::Har1,
            Kind::Har22,
            Kind::CappedVolatility,
            Kind::RangeVolatility3,
            Kind::RangeVolatility7,
            Kind::RangeVolatility16,
            Kind::RangeVolatility33,
            Kind::RangeVolatility66,
            Kind::RangeVolatility132,
            Kind::RangeVolatility333,
            Kind::GapVolatility7,
            Kind::GapVolatility33,
            Kind::GapVolatility132,
            Kind::Roc5,
            Kind::Roc20,
            Kind::Roc60,
            Kind::Drawdown,
            Kind::TailWeight,
            Kind::VolumeSurprise,
            Kind::VolumeTrend,
            Kind::Echo13Weeks,
            Kind::Echo26Weeks,
            Kind::Echo39Weeks,
            Kind::Echo52Weeks,
            Kind::DaysToNext,
        ])
    }

    /// Returns the features that are averaged over the symbols of an exchange: moves of the whole market relative to the usual
    /// ones, over spans from a day to a year.
    #[must_use]
    pub fn market() -> Self {
        use FeatureKind as Kind;
        Self(vec![
            Kind::ScaledReturn,
            Kind::AbsoluteReturn,
            Kind::AbsoluteGap,
            Kind::ReturnVolatility3,
            Kind::ReturnVolatility66,
            Kind::ReturnVolatility333,
            Kind::CappedVolatility,
            Kind::RangeVolatility3,
            Kind::RangeVolatility7,
            Kind::RangeVolatility33,
            Kind::RangeVolatility132,
            Kind::RangeVolatility333,
            Kind::Roc20,
        ])
    }

    /// Returns only the close, to be scaled to [0, 1]: the input of older systems, for comparison.
    #[must_use]
    pub fn prices() -> Self {
        Self(vec![FeatureKind::Close])
    }

    /// Returns the features, in order.
    #[must_use]
    pub fn kinds(&self) -> &[FeatureKind] {
        &self.0
    }

    /// Returns the names, in order, as recorded in artifacts.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|kind| kind.name().to_owned()).collect()
    }

    /// Returns the first day with a value of every feature, counted from 0.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        self.slowest().map_or(0, FeatureKind::warm_up)
    }

    /// Computes the features of every day. Row `t` depends only on bars `≤ t` and the calendar.
    ///
    /// # Errors
    /// [`FeatureError::TooShort`] when no day is left after the warm-up; [`FeatureError::NonFinite`] when a feature is NaN or
    /// infinite after it. A checked history causes that only if its prices differ by hundreds of powers of ten.
    pub fn compute(&self, history: &History) -> Result<Features, FeatureError> {
        let first_valid = self.warm_up();
        if history.len() <= first_valid {
            let feature = self.slowest().map_or("", FeatureKind::name);
            return Err(FeatureError::TooShort { have: history.len(), need: first_valid + 1, feature });
        }
        let inputs = Inputs::new(history);
        let width = self.0.len();
        let mut values = vec![f32::NAN; history.len() * width];
        for (index, &kind) in self.0.iter().enumerate() {
            let column = inputs.column(kind);
            for (row, value) in values.chunks_exact_mut(width).zip(column).skip(first_valid) {
                row[index] = value as f32;
            }
        }
        Features::new(inputs.dates().to_vec(), self.names(), values, first_valid)
    }

    fn slowest(&self) -> Option<FeatureKind> {
        self.0.iter().copied().max_by_key(|kind| kind.warm_up())
    }
}

impl TryFrom<Vec<FeatureKind>> for FeatureSet {
    type Error = FeatureError;

    fn try_from(kinds: Vec<FeatureKind>) -> Result<Self, Self::Error> {
        Self::new(kinds)
    }
}

impl From<FeatureSet> for Vec<FeatureKind> {
    fn from(set: FeatureSet) -> Self {
        set.0
    }
}
