//! Hyperparameter search: finds the best model of a search space, evaluated on days before the test days.
//!
//! Models are drawn at random (Bergstra & Bengio 2012) and reduced by successive halving on epochs (Jamieson & Talwalkar 2016;
//! Li et al., "Hyperband", 2018). Each is evaluated walk-forward on three folds: trained on all days before a block of days and
//! scored on that block by its mean absolute error relative to that of the naive forecast. The test days of a training are
//! removed from the history first.

mod dimension;
mod dimension_serde;
mod draw;
mod error;
mod folds;
mod halving;
mod one_or_more;
mod plan;
mod progress;
mod rung;
mod sampler;
mod score;
mod space;
mod store;
mod trial;

pub use self::{
    dimension::{Dimension, Interval},
    error::TuneError,
    plan::{TunePlan, TuneSpec},
    progress::{TuneProgress, TuneStep},
    score::{FoldOutcome, FoldScore},
    space::{CheckedSpace, ScheduleName, SearchSpace},
    store::{NoTuneStore, TrialFit, TuneStore},
    trial::{Rung, Trial, TrialScore, Tuning},
};
