#![doc = include_str!("../README.md")]

pub mod backtest;
pub mod baselines;
pub mod comparison;
pub mod conformance;
pub mod coverage;
pub mod distribution;
pub mod drift;
pub mod error;
pub mod evaluate;
pub mod health;
pub mod metrics;
pub mod promotion;
pub mod residuals;
pub mod settlement;
pub mod significance;
mod summation;
pub mod track_record;
pub mod verdict;

pub use baselines::{AutoEts, Drift, EwmaT, GarchT, Har, Naive, RandomWalk};
pub use comparison::{Compared, Comparison, ComparisonError, compare_prices};
pub use coverage::coverage;
pub use distribution::{
    CENTRAL_LEVELS, GeometricMeanRatio, MultiCoverage, PIT_BINS, PitHistogram, Uniformity, central_misses,
    crps_of_quantiles, geometric_mean_ratio, pinball, pit_of_quantiles,
};
pub use drift::{DriftReport, FeatureDays, TrainingReference};
pub use error::EvalError;
pub use evaluate::{Outcome, evaluate};
pub use residuals::{ResidualQuantile, VENTILES, conformal_quantiles, empirical_quantiles, standardise};
pub use settlement::{PendingForecast, Realised, SettledError, Settlement};
pub use significance::{Bias, Christoffersen, DieboldMariano, LikelihoodRatio, Loss, christoffersen, diebold_mariano};
pub use track_record::{MIN_RECORD_DAYS, SettledForecast, TrackRecord};
pub use verdict::{LEAK_ALARM_ACCURACY, SIGNIFICANCE_LEVEL, Verdict};
