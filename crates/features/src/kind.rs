//! All features, by name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Defines [`FeatureKind`] from one table, so that every feature has a name and a warm-up.
macro_rules! feature_kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident => $name:literal, first day $first_day:literal;)+) => {
        /// An input of the network. Its name is stable: artifacts record it.
        ///
        /// In the formulas σ is [`scaling_volatility`](crate::indicators::volatility::scaling_volatility), `r` the log
        /// return, and all values divided by σ are clipped to ±[`CUT_OFF`](Self::CUT_OFF).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum FeatureKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl FeatureKind {
            /// All features.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// Returns the stable name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// Returns the first day with a value, counted from 0.
            #[must_use]
            pub fn warm_up(self) -> usize {
                match self { $(Self::$kind => $first_day,)+ }
            }
        }
    };
}

feature_kinds! {
    /// Adjusted close, in the currency of the history: for comparison with systems that scale prices to [0, 1].
    Close => "close", first day 0;
    /// Log return `r_t = ln(close_t / close_{t−1})`.
    LogReturn => "log_return", first day 1;
    /// `r_t / σ_t`.
    ScaledReturn => "scaled_return", first day 20;
    /// `ln(open_t / close_{t−1}) / σ_t`.
    ScaledGap => "scaled_gap", first day 20;
    /// `ln(high_t / low_t) / σ_t`.
    ScaledRange => "scaled_range", first day 20;
    /// `ln σ_t`.
    LogVolatility => "log_volatility", first day 20;
    /// `ln(σ_t / EWMA volatility with decay 0.99)`: recent against long-term volatility.
    VolatilityTrend => "volatility_trend", first day 60;
    /// `ln(standard deviation of 20 returns / σ_t)`.
    RollingRatio => "rolling_ratio", first day 20;
    /// `ln(Parkinson volatility of 20 days / σ_t)`.
    ParkinsonRatio => "parkinson_ratio", first day 20;
    /// `ln(Garman–Klass volatility of 20 days / σ_t)`.
    GarmanKlassRatio => "garman_klass_ratio", first day 20;
    /// `ln(Rogers–Satchell volatility of 20 days / σ_t)`.
    RogersSatchellRatio => "rogers_satchell_ratio", first day 20;
    /// `ln(Yang–Zhang volatility of 20 days / σ_t)`.
    YangZhangRatio => "yang_zhang_ratio", first day 20;
    /// Log volatility of the day itself minus `ln σ_t`.
    Har1 => "har_1", first day 20;
    /// Mean log volatility of the last 5 days minus `ln σ_t`.
    Har5 => "har_5", first day 20;
    /// Mean log volatility of the last 22 days minus `ln σ_t`.
    Har22 => "har_22", first day 22;
    /// `(RSI(14) − 50) / 50`, from −1 to 1.
    Rsi14 => "rsi_14", first day 20;
    /// Line of MACD(12, 26, 9) `/ (close_t σ_t)`; its standard deviation is 1.14 for a random walk.
    Macd => "macd", first day 25;
    /// Signal of MACD(12, 26, 9) `/ (close_t σ_t)`.
    MacdSignal => "macd_signal", first day 33;
    /// Histogram of MACD(12, 26, 9) `/ (close_t σ_t)`.
    MacdHistogram => "macd_histogram", first day 33;
    /// `ln(close_t / close_{t−5}) / (σ_t √5)`.
    Roc5 => "roc_5", first day 20;
    /// `ln(close_t / close_{t−10}) / (σ_t √10)`.
    Roc10 => "roc_10", first day 20;
    /// `ln(close_t / close_{t−20}) / (σ_t √20)`.
    Roc20 => "roc_20", first day 20;
    /// `ln(close_t / mean of 7 closes) / (σ_t u)`, where `u` makes the standard deviation 1 for a random walk.
    Ma7 => "ma_7", first day 20;
    /// `ln(close_t / mean of 30 closes) / (σ_t u)`, as [`Ma7`](Self::Ma7).
    Ma30 => "ma_30", first day 29;
    /// `ln(close_t / mean of 90 closes) / (σ_t u)`, as [`Ma7`](Self::Ma7).
    Ma90 => "ma_90", first day 89;
    /// `ln(EWMA volatility of returns over a span of 3 days / σ_t)`, decay `1 − 2/(3 + 1)`.
    ReturnVolatility3 => "return_volatility_3", first day 20;
    /// `ln(EWMA volatility of returns over a span of 9 days / σ_t)`, decay `1 − 2/(9 + 1)`.
    ReturnVolatility9 => "return_volatility_9", first day 20;
    /// `ln(EWMA volatility of returns over a span of 66 days / σ_t)`, decay `1 − 2/(66 + 1)`.
    ReturnVolatility66 => "return_volatility_66", first day 60;
    /// `ln(EWMA volatility of returns over a span of 132 days / σ_t)`, decay `1 − 2/(132 + 1)`.
    ReturnVolatility132 => "return_volatility_132", first day 60;
    /// `ln(EWMA volatility of returns over a span of 333 days / σ_t)`, decay `1 − 2/(333 + 1)`.
    ReturnVolatility333 => "return_volatility_333", first day 60;
    /// `ln(EWMA volatility of daily ranges and overnight gaps over a span of 3 days / σ_t)`.
    RangeVolatility3 => "range_volatility_3", first day 20;
    /// `ln(EWMA volatility of daily ranges and overnight gaps over a span of 7 days / σ_t)`.
    RangeVolatility7 => "range_volatility_7", first day 20;
    /// `ln(EWMA volatility of daily ranges and overnight gaps over a span of 16 days / σ_t)`.
    RangeVolatility16 => "range_volatility_16", first day 20;
    /// `ln(EWMA volatility of daily ranges and overnight gaps over a span of 33 days / σ_t)`.
    RangeVolatility33 => "range_volatility_33", first day 20;
    /// `ln(EWMA volatility of daily ranges and overnight gaps over a span of 66 days / σ_t)`.
    RangeVolatility66 => "range_volatility_66", first day 60;
    /// `ln(EWMA volatility of daily ranges and overnight gaps over a span of 132 days / σ_t)`.
    RangeVolatility132 => "range_volatility_132", first day 60;
    /// `ln(EWMA volatility of daily ranges and overnight gaps over a span of 333 days / σ_t)`.
    RangeVolatility333 => "range_volatility_333", first day 60;
    /// `ln(EWMA volatility of overnight gaps over a span of 7 days / σ_t)`.
    GapVolatility7 => "gap_volatility_7", first day 20;
    /// `ln(EWMA volatility of overnight gaps over a span of 33 days / σ_t)`.
    GapVolatility33 => "gap_volatility_33", first day 20;
    /// `ln(EWMA volatility of overnight gaps over a span of 132 days / σ_t)`.
    GapVolatility132 => "gap_volatility_132", first day 60;
    /// `ln(EWMA volatility with decay 0.94 of returns clipped at 4 of their own σ / σ_t)`: below 0 after a single large move.
    CappedVolatility => "capped_volatility", first day 20;
    /// `|r_s| / σ_{s−1}` of the session `s` 13 weeks before the next session: quarterly reports repeat on the same weekday. 0
    /// if that date has no session.
    Echo13Weeks => "echo_13_weeks", first day 20;
    /// The same 26 weeks before.
    Echo26Weeks => "echo_26_weeks", first day 20;
    /// The same 39 weeks before.
    Echo39Weeks => "echo_39_weeks", first day 20;
    /// The same 52 weeks before.
    Echo52Weeks => "echo_52_weeks", first day 20;
    /// `|r_t| / σ_t`.
    AbsoluteReturn => "absolute_return", first day 20;
    /// `|ln(open_t / close_{t−1})| / σ_t`.
    AbsoluteGap => "absolute_gap", first day 20;
    /// `ln(close_t / close_{t−60}) / (σ_t √60)`.
    Roc60 => "roc_60", first day 60;
    /// `ln(highest close of the last 252 days / close_t) / (σ_t √252)`, over all available days from the 60th on.
    Drawdown => "drawdown", first day 60;
    /// Mean log volume of 5 days minus that of 60; 0 on a day without volume.
    VolumeTrend => "volume_trend", first day 60;
    /// `ln(root mean square of |r_s| / σ_{s−1} over its mean)`, both EWMA with decay 0.99: heaviness of the tails.
    TailWeight => "tail_weight", first day 60;
    /// Log volume minus its mean over 20 days; 0 on a day without volume.
    VolumeSurprise => "volume_surprise", first day 19;
    /// The same in standard deviations of the log volumes of those 20 days.
    VolumeZScore => "volume_z_score", first day 19;
    /// Sine of the day of the week.
    WeekdaySin => "weekday_sin", first day 0;
    /// Cosine of the day of the week.
    WeekdayCos => "weekday_cos", first day 0;
    /// `ln(calendar days to the next session)`: 0 within a week.
    DaysToNext => "days_to_next", first day 0;
}

impl FeatureKind {
    /// Limit that features measured in σ are clipped to. Values rarely reach it: 15 log ranges among 227 000 days of 205 stocks.
    /// Without it, a move after a period of stale prices, when σ is small, would dominate.
    pub const CUT_OFF: f64 = 10.0;

    /// Returns whether the feature is computed from open, high or low.
    #[must_use]
    pub fn needs_ranges(self) -> bool {
        matches!(
            self,
            Self::ScaledGap
                | Self::ScaledRange
                | Self::ParkinsonRatio
                | Self::GarmanKlassRatio
                | Self::RogersSatchellRatio
                | Self::YangZhangRatio
                | Self::Har1
                | Self::Har5
                | Self::Har22
                | Self::RangeVolatility3
                | Self::RangeVolatility7
                | Self::RangeVolatility16
                | Self::RangeVolatility33
                | Self::RangeVolatility66
                | Self::RangeVolatility132
                | Self::RangeVolatility333
                | Self::GapVolatility7
                | Self::GapVolatility33
                | Self::GapVolatility132
                | Self::AbsoluteGap
        )
    }
}

impl fmt::Display for FeatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<FeatureKind> for String {
    fn from(kind: FeatureKind) -> Self {
        kind.name().to_owned()
    }
}
