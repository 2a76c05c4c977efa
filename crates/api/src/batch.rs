//! Forecasts of several symbols at once.

use serde::Serialize;
use utoipa::ToSchema;

use super::forecast::ForecastView;

/// Forecasts of several symbols, in the order in which they were asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ForecastBatch)]
pub struct BatchView {
    /// One for each symbol that was asked for.
    pub results: Vec<BatchEntryView>,
    /// How many of them are forecasts.
    #[schema(example = 1)]
    pub succeeded: usize,
    /// How many of them are errors.
    #[schema(example = 0)]
    pub failed: usize,
}

/// The forecast of a symbol, or why there is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ForecastBatchEntry)]
pub struct BatchEntryView {
    /// Symbol as it was asked for.
    #[schema(example = "AAPL")]
    pub symbol: String,
    /// The forecast, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ForecastView>,
    /// What was wrong, if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<BatchErrorView>,
}

/// Why there is no forecast of a symbol.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ForecastBatchError)]
pub struct BatchErrorView {
    /// The status that a request for this symbol alone would have been answered with.
    #[schema(example = 404)]
    pub status: u16,
    /// What is wrong, and what to do.
    pub detail: String,
}
