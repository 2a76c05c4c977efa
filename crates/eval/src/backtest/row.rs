//! One forecast of one session, beside what came.

use std::sync::Arc;

use chrono::NaiveDate;
use closecast_domain::Symbol;

/// A forecast of one session and the close that came. Prices as quoted on the origin's day: a dividend or a split on the way
/// counts neither for nor against a forecast, since `actual` is the last close grown by the adjusted return.
#[derive(Clone, Debug, PartialEq)]
pub struct BacktestRow {
    /// Name of the model.
    pub model: Arc<str>,
    /// Symbol.
    pub symbol: Symbol,
    /// Last session that was known.
    pub origin_date: NaiveDate,
    /// Session forecast.
    pub target_date: NaiveDate,
    /// Sessions from the one to the other.
    pub horizon: usize,
    /// Close of the origin.
    pub last_close: f64,
    /// Close that came.
    pub actual: f64,
    /// Point forecast.
    pub point: f64,
    /// Quantiles at [`VENTILES`](crate::VENTILES); empty when the model gave none.
    pub quantiles: Vec<f64>,
    /// Quantiles at 0.025 and 0.975, the ends of the central 95 % interval; `None` when the model's levels do not reach.
    pub interval_95: Option<(f64, f64)>,
    /// EWMA volatility of one day at the origin (RiskMetrics, 0.94): tells quiet days from wild ones.
    pub volatility: f64,
}

impl BacktestRow {
    /// Returns the log return from the origin to the close that came.
    #[must_use]
    pub fn realised(&self) -> f64 {
        self.log_return(self.actual)
    }

    /// Returns the forecast log return.
    #[must_use]
    pub fn forecast(&self) -> f64 {
        self.log_return(self.point)
    }

    /// Returns the quantiles as log returns from the origin: one for each of [`VENTILES`](crate::VENTILES), between the ends
    /// of the 95 % interval where they are known; empty when the model gave none.
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
