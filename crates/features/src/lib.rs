#![doc = include_str!("../README.md")]

mod columns;
pub mod feature_set;
pub mod features;
pub mod indicators;
pub mod kind;
pub mod market;
mod moments;
mod rolling;
pub mod scaler;
pub mod split;
pub mod target;
pub mod windows;

pub use feature_set::FeatureSet;
pub use features::{FeatureError, Features};
pub use kind::FeatureKind;
pub use market::{LEAST_SYMBOLS, markets};
pub use scaler::{FittedScaler, Scaler, ScalerError, ScalerKind};
pub use split::{Split, SplitError, SplitSpec};
pub use target::{Evening, TargetError, TargetKind, Targets};
pub use windows::{WindowError, Windows};
