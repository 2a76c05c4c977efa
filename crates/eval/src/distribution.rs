//! Evaluation of forecast distributions given as quantiles: scores, calibration, and comparison over many symbols.
//!
//! A distribution is two lists: `levels` (strictly ascending probabilities within 0 and 1) and `quantiles` (ascending values),
//! one for each level. Values may be in any unit (log returns, prices); the realised value has the same unit.

pub mod geometric_mean;
pub mod multi_coverage;
pub mod pinball;
pub mod pit;
pub mod pit_histogram;
mod quantile_function;

pub use geometric_mean::{GeometricMeanRatio, geometric_mean_ratio};
pub use multi_coverage::{CENTRAL_LEVELS, MultiCoverage, central_misses};
pub use pinball::{crps_of_quantiles, pinball};
pub use pit::pit_of_quantiles;
pub use pit_histogram::{PIT_BINS, PitHistogram, Uniformity};
