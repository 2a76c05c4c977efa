//! A row of a backtest: one forecast of one session and its realised close.

use std::sync::Arc;

use chrono::NaiveDate;
use closecast_domain::Symbol;

/// A forecast of one session and its realised close. Prices are as quoted at the origin: `actual` is the last close grown by
/// the adjusted return, so that dividends and splits do not affect the error.
#[derive(Clone, Debug, PartialEq)]
pub struct BacktestRow {
    /// Name of the model.
    pub model: Arc<str>,
    /// Symbol.
    pub symbol: Symbol,
    /// Last known session.
    pub origin_date: NaiveDate,
    /// Session forecast.
    pub target_date: NaiveDate,
    /// Sessions from origin to target.
    pub horizon: usize,
    /// Close at the origin.
    pub last_close: f64,
    /// Realised close.
    pub actual: f64,
    /// Point forecast.
    pub point: f64,
    /// Quantiles at [`VENTILES`](crate::VENTILES); empty without quantiles.
    pub quantiles: Vec<f64>,
    /// Quantiles at 0.025 and 0.975, the ends of the central 95 % interval; `None` if the model's levels do not include them.
    pub interval_95: Option<(f64, f64)>,
    /// Daily EWMA volatility at the origin (RiskMetrics, 0.94).
    pub volatility: f64,
}

impl BacktestRow {
    /// Returns the realised log return from the origin.
    #[must_use]
    pub fn realised(&self) -> f64 {
        self.log_return(self.actual)
    }

    /// Returns the forecast log return.
    #[must_use]
    pub fn forecast(&self) -> f64 {
        self.log_return(self.point)
    }

    /// Returns the quantiles as log returns from the origin at [`VENTILES`](crate::VENTILES), including the ends of the 95 %
    /// interval if known; empty without quantiles.
    #[must_use]
    pub fn log_quantiles(&self) -> Vec<f64> {
        let (lower, upper) = self.interval_95.filter(|_| !self.quantiles.is_empty()).unzip();
        let prices = lower.iter().chain(&self.quantiles).chain(upper.iter());
        prices.map(|&price| self.log_return(price)).collect()
    }

    fn log_return(&self, price: f64) -> f64 {
        (price / self.last_close).ln()
    }
}
