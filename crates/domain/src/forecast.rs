//! Forecasts of closing prices, and the traits of forecasters.

use std::ops::Range;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{Cancel, History, ProgressSink, Symbol};

/// A price that the close stays below with probability `level`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantile {
    /// Probability, in (0, 1).
    pub level: f64,
    /// Price in the currency of the symbol.
    pub price: f64,
}

/// Forecast of one session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionForecast {
    /// The session, from the exchange's own calendar.
    pub date: NaiveDate,
    /// Point forecast of the close.
    pub point: f64,
    /// Quantiles of the close in ascending order of level. Empty if the model gives a point forecast only.
    pub quantiles: Vec<Quantile>,
}

impl SessionForecast {
    /// Returns the central interval with probability `level`, linearly interpolated between quantiles; `None` outside
    /// their range.
    #[must_use]
    pub fn interval(&self, level: f64) -> Option<(f64, f64)> {
        let tail = (1.0 - level) / 2.0;
        Some((self.quantile(tail)?, self.quantile(1.0 - tail)?))
    }

    /// Returns the quantile of `level`, linearly interpolated; `None` outside the range of quantiles.
    #[must_use]
    pub fn quantile(&self, level: f64) -> Option<f64> {
        const SAME: f64 = 1e-9;
        if let Some(exact) = self.quantiles.iter().find(|q| (q.level - level).abs() < SAME) {
            return Some(exact.price);
        }
        let pair = self.quantiles.windows(2).find(|pair| pair[0].level <= level && level <= pair[1].level)?;
        let share = (level - pair[0].level) / (pair[1].level - pair[0].level);
        Some(pair[0].price + share * (pair[1].price - pair[0].price))
    }
}

/// The model of a forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRef {
    /// Name of the model in the registry, for example `AAPL`.
    pub name: String,
    /// Hash of its artifact, hexadecimal; empty for a baseline without artifact.
    pub sha256: String,
}

/// A forecast of the next closes of one symbol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Symbol.
    pub symbol: Symbol,
    /// Last session whose close was known.
    pub as_of: NaiveDate,
    /// Close of that session, as quoted.
    pub last_close: f64,
    /// Currency code of all prices, where known.
    pub currency: Option<String>,
    /// Model that made it.
    pub model: ModelRef,
    /// One entry per session, in order.
    pub sessions: Vec<SessionForecast>,
}

/// Why a forecast or a fit failed.
#[derive(Debug, thiserror::Error)]
pub enum ForecastError {
    /// The history is too short for the input window or for a split.
    #[error(
        "{symbol} has {have} usable sessions, {need} are needed: fetch or import a longer history, or train with a smaller lookback"
    )]
    TooShort {
        /// Symbol.
        symbol: Symbol,
        /// Usable sessions.
        have: usize,
        /// Required sessions.
        need: usize,
    },
    /// A computation produced NaN or infinity.
    #[error("{what} became non-finite: {diagnosis}")]
    NonFinite {
        /// What was computed.
        what: String,
        /// Known cause, and what to try.
        diagnosis: String,
    },
    /// The computation was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The model does not fit this history or these settings.
    #[error("{0}")]
    Unsuitable(String),
}

/// A model that can be fitted to a history. Fitting consumes the settings and returns another type, so an unfitted
/// model has no `predict`.
pub trait Forecaster {
    /// The fitted model.
    type Fitted: Predict;

    /// Fits the model to `history`. Polls `cancel` and reports to `progress` at least once per batch.
    ///
    /// # Errors
    /// [`ForecastError`] when the history is too short, a number becomes non-finite, or the work is cancelled.
    fn fit(
        self,
        history: &History,
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<Self::Fitted, ForecastError>;
}

/// A model that can be fitted to many histories at once. Unlike a [`Forecaster`] it is reusable: a backtest fits it
/// repeatedly.
pub trait PanelForecaster: Send + Sync {
    /// Fits the model to all of `histories`; the result can forecast any of them, and possibly others.
    ///
    /// # Errors
    /// [`ForecastError`] as for [`Forecaster::fit`].
    fn fit_panel(
        &self,
        histories: &[History],
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<Box<dyn Predict + Send + Sync>, ForecastError>;
}

/// A fitted model. Input and output are prices; scaling is internal.
pub trait Predict {
    /// Forecasts the sessions after the last one of `history`.
    ///
    /// # Errors
    /// [`ForecastError`] when the history is too short or the result is not finite.
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError>;

    /// Forecasts from each of `origins`, positions in `history`, as if the history ended there: results are bitwise
    /// equal to [`Predict::predict`] on the truncated history. Implementations may share work between origins.
    ///
    /// # Errors
    /// Those of [`Predict::predict`] at the first failing origin.
    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        let cut = |origin: usize| {
            history.first_bars(origin + 1).map_err(|error| ForecastError::Unsuitable(error.to_string()))
        };
        origins.map(|origin| self.predict(&cut(origin)?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(quantiles: &[(f64, f64)]) -> SessionForecast {
        SessionForecast {
            date: NaiveDate::default(),
            point: 10.0,
            quantiles: quantiles.iter().map(|&(level, price)| Quantile { level, price }).collect(),
        }
    }

    #[test]
    fn interval_takes_exact_levels_and_interpolates_between_them() {
        let forecast = session(&[(0.05, 8.0), (0.5, 10.0), (0.95, 13.0)]);
        assert_eq!(forecast.interval(0.9), Some((8.0, 13.0)));
        let (lower, upper) = forecast.interval(0.45).unwrap();
        assert!((lower - 9.0).abs() < 1e-9 && (upper - 11.5).abs() < 1e-9);
    }

    #[test]
    fn interval_never_extrapolates() {
        assert_eq!(session(&[(0.05, 8.0), (0.95, 13.0)]).interval(0.95), None);
        assert_eq!(session(&[]).interval(0.5), None);
    }
}
