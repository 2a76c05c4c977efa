//! Baseline forecasters, as benchmarks for trained models.

pub mod auto_ets;
mod bfgs;
pub mod drift;
pub mod ewma_t;
pub mod garch_t;
pub mod har;
pub mod naive;
pub mod random_walk;
mod return_distribution;
mod student_t;

pub use auto_ets::{AutoEts, EtsCandidate, EtsParameters, EtsState, EtsTrend, FittedAutoEts};
pub use drift::Drift;
pub use ewma_t::{EwmaT, FittedEwmaT};
pub use garch_t::{FittedGarchT, GarchParameters, GarchT};
pub use har::{FittedHar, Har, HarCoefficients};
pub use naive::Naive;
pub use random_walk::RandomWalk;
