#![doc = include_str!("../README.md")]

mod columns;
mod error;
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

pub use error::FeatureError;
pub use feature_set::FeatureSet;
pub use features::Features;
pub use kind::FeatureKind;
pub use market::{MIN_MARKET_SYMBOLS, markets};
pub use scaler::{FittedScaler, Scaler, ScalerError, ScalerKind};
pub use split::{Split, SplitError, SplitSpec};
pub use target::{OriginScale, TargetError, TargetKind, Targets};
pub use windows::{WindowError, Windows};
