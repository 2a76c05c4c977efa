//! Forecasts that cost nothing: what a model has to beat before it is worth anything.

pub mod drift;
pub mod naive;
pub mod random_walk;

pub use drift::Drift;
pub use naive::Naive;
pub use random_walk::RandomWalk;
