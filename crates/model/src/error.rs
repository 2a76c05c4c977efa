//! Errors of the layers below as [`ForecastError`].

use closecast_domain::ForecastError;
use closecast_nn::NnError;

/// Returns [`ForecastError::Unsuitable`] with a message.
pub(crate) fn unsuitable(message: impl Into<String>) -> ForecastError {
    ForecastError::Unsuitable(message.into())
}

/// Converts an error of features, scores or specs: the history cannot be used.
pub(crate) fn into_forecast_error(error: impl std::fmt::Display) -> ForecastError {
    ForecastError::Unsuitable(error.to_string())
}

/// Converts an error of the engine; numbers that became NaN or infinite are [`ForecastError::NonFinite`].
pub(crate) fn engine_error(error: NnError) -> ForecastError {
    match error {
        NnError::NonFinite { quantity, .. } => {
            ForecastError::NonFinite { what: quantity.to_string(), diagnosis: error.to_string() }
        }
        NnError::NonFiniteOutput { .. } => {
            ForecastError::NonFinite { what: "the forecast".to_owned(), diagnosis: error.to_string() }
        }
        NnError::NonFiniteWeight { .. } => {
            ForecastError::NonFinite { what: "a weight".to_owned(), diagnosis: error.to_string() }
        }
        other => into_forecast_error(other),
    }
}
