//! Forecasts of several symbols at once.

use serde::Serialize;
use utoipa::ToSchema;

use super::forecast::ForecastView;

/// Forecasts of several symbols, in the order in which they were asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ForecastBatch)]
pub(crate) struct BatchView {
    /// One for each symbol that was asked for.
    pub(crate) results: Vec<BatchEntryView>,
    /// How many of them are forecasts.
    #[schema(example = 1)]
    pub(crate) succeeded: usize,
    /// How many of them are errors.
    #[schema(example = 0)]
    pub(crate) failed: usize,
}

/// The forecast of a symbol, or why there is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ForecastBatchEntry)]
pub(crate) struct BatchEntryView {
    /// Symbol as it was asked for.
    #[schema(example = "AAPL")]
    pub(crate) symbol: String,
    /// The forecast, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) forecast: Option<ForecastView>,
    /// What was wrong, if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<BatchErrorView>,
}

/// Why there is no forecast of a symbol.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ForecastBatchError)]
pub(crate) struct BatchErrorView {
    /// The status that a request for this symbol alone would have been answered with.
    #[schema(example = 404)]
    pub(crate) status: u16,
    /// What is wrong, and what to do.
    pub(crate) detail: String,
}
