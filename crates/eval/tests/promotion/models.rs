//! Models whose scores are known beforehand, and symbols that make them so.

use closecast_domain::{Forecast, ForecastError, History, ModelRef, Predict, Quantile, SessionForecast};
use closecast_eval::VENTILES;
use closecast_testkit::histories::from_returns;

/// Size of the returns of [`swinging`].
pub(crate) const STEP: f64 = 0.01;

/// Returns a symbol that rises and falls by [`STEP`] in turns.
pub(crate) fn swinging(symbol: &str, days: usize) -> History {
    let returns: Vec<f64> = (0..days).map(|day| if day % 2 == 0 { STEP } else { -STEP }).collect();
    from_returns(symbol, &returns)
}

/// Forecasts that the last move is taken back by a share of it, with certainty: on [`swinging`] its CRPS and its absolute error are
/// both `(1 − share) · STEP` every day.
#[derive(Clone, Copy)]
pub(crate) struct TakesBack(pub(crate) f64);

pub(crate) fn forecast(history: &History, log_return: f64) -> Forecast {
    let last = history.last();
    let price = last.raw_close * log_return.exp();
    Forecast {
        symbol: history.symbol().clone(),
        as_of: last.date,
        last_close: last.raw_close,
        currency: None,
        model: ModelRef { name: "test".to_owned(), sha256: String::new() },
        sessions: vec![SessionForecast {
            date: history.calendar().next_session(last.date),
            point: price,
            quantiles: VENTILES.iter().map(|&level| Quantile { level, price }).collect(),
        }],
    }
}

impl Predict for TakesBack {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let last = history.log_returns().last().copied().unwrap_or_default();
        Ok(forecast(history, -self.0 * last))
    }
}

/// Cannot forecast some symbols.
pub(crate) struct Refuses<P>(pub(crate) P, pub(crate) &'static [&'static str]);

impl<P: Predict> Predict for Refuses<P> {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        if self.1.contains(&history.symbol().as_str()) {
            return Err(ForecastError::Unsuitable("not this one".to_owned()));
        }
        self.0.predict(history)
    }
}

/// Forecasts something that is no price.
pub(crate) struct Broken(pub(crate) f64);

impl Predict for Broken {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        Ok(forecast(history, self.0))
    }
}

/// Needs a long past.
pub(crate) struct Needs(pub(crate) usize);

impl Predict for Needs {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        if history.len() < self.0 {
            let (symbol, have) = (history.symbol().clone(), history.len());
            return Err(ForecastError::TooShort { symbol, have, need: self.0 });
        }
        Ok(forecast(history, 0.0))
    }
}
