//! A forecast must not change when the future is taken away.

use closecast_domain::{Forecast, ForecastError, History, Predict};

/// Days of a symbol and fold at which forecasts are compared.
const PROBES: usize = 3;

/// Returns a day whose forecast made among others, `forecasts`, differs by a bit from the one made on the history cut off
/// there: then something of the model reads later days.
///
/// # Errors
/// [`ForecastError`] of the model.
pub(crate) fn leaking_origin(
    model: &dyn Predict,
    history: &History,
    first_origin: usize,
    forecasts: &[Forecast],
) -> Result<Option<usize>, ForecastError> {
    for probe in 0..PROBES.min(forecasts.len()) {
        // The first, the last, and one between.
        let index = probe * (forecasts.len() - 1) / (PROBES - 1).max(1);
        let cut = history
            .first_bars(first_origin + index + 1)
            .map_err(|error| ForecastError::Unsuitable(error.to_string()))?;
        if model.predict(&cut)? != forecasts[index] {
            return Ok(Some(first_origin + index));
        }
    }
    Ok(None)
}
