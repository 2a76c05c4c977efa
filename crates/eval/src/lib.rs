#![doc = include_str!("../README.md")]

pub mod baselines;
pub mod coverage;
pub mod error;
pub mod evaluate;
pub mod metrics;
pub mod residuals;
pub mod significance;
mod summation;
pub mod verdict;

pub use baselines::{Drift, Naive, RandomWalk};
pub use coverage::coverage;
pub use error::EvalError;
pub use evaluate::{Outcome, evaluate};
pub use residuals::{ResidualQuantile, VENTILES, conformal_quantiles, empirical_quantiles, standardise};
pub use significance::{DieboldMariano, Loss, diebold_mariano};
pub use verdict::{LEAK_ALARM_ACCURACY, SIGNIFICANCE_LEVEL, Verdict};
