//! Random walk: the fitted form of the naive and the drift forecast.

use closecast_domain::{Cancel, Forecast, ForecastError, History, ModelRef, Predict, Quantile, SessionForecast};

use crate::residuals::{MIN_RESIDUALS, ResidualQuantile, VENTILES, conformal_quantiles};

/// Maximum horizon in sessions: a year of daily trading.
pub const MAX_HORIZON: usize = 366;

/// Newest returns that the interval is estimated from: two years, a compromise between tail estimates and recency.
pub const SPREAD_WINDOW: usize = 504;

/// A random walk in log prices with a fixed step distribution.
///
/// Point forecast of the `k`-th session: `last · exp(k·μ)`, with `last` the newest close as quoted. Its quantiles, at
/// the [`VENTILES`], are `last · exp(k·μ + √k·q)` with `q` the conformal quantile of the newest [`SPREAD_WINDOW`]
/// one-session log returns minus `μ`: steps are assumed independent, with the volatility of the window.
/// Empty below [`MIN_RESIDUALS`] returns.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomWalk {
    name: &'static str,
    drift: f64,
    horizon: usize,
    spread: Vec<ResidualQuantile>,
}

impl RandomWalk {
    /// Estimates the spread of the log returns around `drift`.
    pub(super) fn learn(
        name: &'static str,
        drift: f64,
        horizon: usize,
        history: &History,
        cancel: &Cancel,
    ) -> Result<Self, ForecastError> {
        if cancel.is_cancelled() {
            return Err(ForecastError::Cancelled);
        }
        if !(1..=MAX_HORIZON).contains(&horizon) {
            let message = format!("the horizon is {horizon}: {name} forecasts 1 to {MAX_HORIZON} sessions");
            return Err(ForecastError::Unsuitable(message));
        }
        let bars = history.bars();
        let window = &bars[bars.len().saturating_sub(SPREAD_WINDOW + 1)..];
        let residuals: Vec<f64> = window.windows(2).map(|pair| (pair[1].close / pair[0].close).ln() - drift).collect();
        if residuals.len() < MIN_RESIDUALS {
            return Ok(Self { name, drift, horizon, spread: Vec::new() });
        }
        let spread = conformal_quantiles(&residuals, &VENTILES).map_err(|error| ForecastError::NonFinite {
            what: format!("the returns of {}", history.symbol()),
            diagnosis: error.to_string(),
        })?;
        Ok(Self { name, drift, horizon, spread })
    }

    /// Returns `last · exp(k·μ + √k·q)`.
    fn price(&self, last: f64, sessions_ahead: usize, step_quantile: f64) -> Result<f64, ForecastError> {
        let sessions_ahead = sessions_ahead as f64;
        let price = last * (self.drift * sessions_ahead + step_quantile * sessions_ahead.sqrt()).exp();
        if price.is_finite() {
            return Ok(price);
        }
        Err(ForecastError::NonFinite {
            what: format!("the {} forecast {sessions_ahead} sessions ahead", self.name),
            diagnosis: format!("the last close is {last}, the mean return {}: check the history's prices", self.drift),
        })
    }
}

impl Predict for RandomWalk {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let last = history.last();
        let dates = history.calendar().sessions_after(last.date, self.horizon);
        if dates.len() < self.horizon {
            let message = format!("the calendar ends less than {} sessions after {}", self.horizon, last.date);
            return Err(ForecastError::Unsuitable(message));
        }
        let session = |(index, date)| {
            let quantile = |q: &ResidualQuantile| {
                Ok(Quantile { level: q.level, price: self.price(last.raw_close, index + 1, q.z)? })
            };
            let quantiles = self.spread.iter().map(quantile).collect::<Result<_, ForecastError>>()?;
            Ok(SessionForecast { date, point: self.price(last.raw_close, index + 1, 0.0)?, quantiles })
        };
        Ok(Forecast {
            symbol: history.symbol().clone(),
            as_of: last.date,
            last_close: last.raw_close,
            currency: history.currency().map(str::to_owned),
            model: ModelRef { name: self.name.to_owned(), sha256: String::new() },
            sessions: dates.into_iter().enumerate().map(session).collect::<Result<_, ForecastError>>()?,
        })
    }
}
