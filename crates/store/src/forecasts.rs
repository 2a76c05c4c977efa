//! Forecasts and their realised closes.

mod history;
mod record;
mod sample;
mod settle;
mod settled;
mod store;

pub use self::{
    history::{Cursor, HistoryFilter, Page},
    record::StoredForecast,
    sample::ForecastSample,
    settle::Unsettled,
    settled::SettledFilter,
    store::ForecastStore,
};
