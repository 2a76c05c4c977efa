//! How good a forecast distribution is, given as quantiles: its score, whether days fall into it as often as it says,
//! and how it compares with another over many symbols.
//!
//! A distribution is two lists: `levels` (probabilities that rise within 0 and 1) and `quantiles` (values that never
//! fall), one for each level. Values are in any unit (log returns, prices), the realised one in the same.

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
