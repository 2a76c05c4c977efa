//! Look-ahead detection: a forecast must not depend on later days.

use closecast_domain::{Forecast, ForecastError, History, Predict};

/// Origins per symbol and fold that are checked.
const PROBES: usize = 3;

/// Returns an origin whose forecast in `forecasts` differs in a bit from the one on the history that ends there: the model
/// reads later days.
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
