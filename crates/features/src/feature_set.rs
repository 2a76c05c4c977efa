//! Which features a network sees, in which order.

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
    /// [`FeatureError::NoFeature`] when there is none, [`FeatureError::Duplicate`] when one is named twice.
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

    /// Returns the set of the features named.
    ///
    /// # Errors
    /// [`FeatureError::UnknownFeature`], and those of [`new`](Self::new).
    pub fn from_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, FeatureError> {
        let kinds: Result<Vec<FeatureKind>, FeatureError> =
            names.into_iter().map(|name| name.as_ref().parse()).collect();
        Self::new(kinds?)
    }

    /// Returns the default inputs for forecasting log returns measured in σ: 18 features that know neither the price
    /// level nor the currency nor the symbol, so that one network can learn from many symbols.
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

    /// Returns the inputs that carry the volatility of the coming days: returns, ranges and overnight gaps over spans from a
    /// day to a year, volume and calendar. They know neither price level nor currency nor symbol, and only ratios of volatilities: their level is that
    /// of the years learned from.
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

    /// Returns the features whose mean over the symbols of an exchange is a background for each of them: how much the whole
    /// market moved, against what was usual, over spans from a day to a year.
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

    /// Returns the close alone, to be scaled to [0, 1]: the input of the older systems, kept for comparison with them.
    #[must_use]
    pub fn prices() -> Self {
        Self(vec![FeatureKind::Close])
    }

    /// Returns the features in order.
    #[must_use]
    pub fn kinds(&self) -> &[FeatureKind] {
        &self.0
    }

    /// Returns the names in order, as an artifact records them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|kind| kind.name().to_owned()).collect()
    }

    /// Returns the first day on which every feature has a value, counted from 0.
    #[must_use]
    pub fn warm_up(&self) -> usize {
        self.slowest().map_or(0, FeatureKind::warm_up)
    }

    /// Computes the features of every day of the history. Row `t` reads bars `≤ t` only, and the calendar.
    ///
    /// # Errors
    /// [`FeatureError::TooShort`] when no day is left after the warm-up; [`FeatureError::NonFinite`] when a feature is
    /// NaN or infinite after it, which a checked history does not lead to unless its prices differ by hundreds of
    /// powers of ten.
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
