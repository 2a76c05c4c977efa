//! Error metrics of point forecasts.
//!
//! All functions take one value per day, oldest first, in the currency of the prices: `actual` is the realised close, `forecast`
//! the forecast close, `last_close` the close known when the forecast was made, which is the naive forecast. Sums are
//! compensated and in double precision. NaN and infinity are refused, never skipped.

pub mod directional_accuracy;
pub mod lag_one_copy;
pub mod mae;
pub mod mape;
pub mod r2;
pub mod r2_naive;
pub mod relative_mae;
pub mod rmse;

pub use directional_accuracy::directional_accuracy;
pub use lag_one_copy::lag_one_copy;
pub use mae::mae;
pub use mape::{Mape, mape};
pub use r2::r2;
pub use r2_naive::r2_naive;
pub use relative_mae::relative_mae;
pub use rmse::rmse;
