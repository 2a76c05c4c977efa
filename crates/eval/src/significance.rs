//! Significance tests.

pub mod bias;
pub mod christoffersen;
pub mod diebold_mariano;
pub mod kupiec;
pub mod wilson;

pub use bias::Bias;
pub use christoffersen::{Christoffersen, LikelihoodRatio, christoffersen};
pub use diebold_mariano::{DieboldMariano, LongRunVariance, Loss, diebold_mariano};
pub use kupiec::{Kupiec, kupiec};
pub use wilson::{Z_95, wilson_interval};
