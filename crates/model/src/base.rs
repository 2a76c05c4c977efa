//! BASE: one network over all symbols. Its inputs know no symbol, so it also forecasts those that it never saw.

mod forecaster;
mod model;
mod panel;
mod student;

pub use forecaster::{BaseForecaster, BaseSpec};
pub use model::BaseModel;
