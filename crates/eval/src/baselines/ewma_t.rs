//! Exponentially weighted volatility with Student-t tails, without estimated parameters.

use closecast_domain::{Cancel, Forecast, ForecastError, Forecaster, History, Predict, ProgressSink};

use super::{
    return_distribution::{self, ReturnMoments, check_request, log_returns},
    student_t::UnitQuantiles,
};
use crate::summation::mean;

/// Weight of yesterday's variance, that of RiskMetrics for daily data.
pub const DECAY: f64 = 0.94;

/// Degrees of freedom of the standardised returns, typical of stocks and indices.
pub const DEGREES_OF_FREEDOM: f64 = 6.0;

/// Minimum number of log returns for a forecast.
pub const MIN_RETURNS: usize = 60;

/// Returns whose variance starts the recursion: those of the first 60 bars. After three months its weight is a twentieth.
const START: usize = MIN_RETURNS - 1;

const NAME: &str = "ewma-t";

/// The RiskMetrics forecast with fat tails: `v(t+1) = 0.94·v(t) + 0.06·r(t)²` on log returns of the adjusted close
/// (J.P. Morgan/Reuters, "RiskMetrics — Technical Document", 4th edition, 1996, section 5.2), Student-t with 6 degrees
/// of freedom scaled to that variance around the last close.
///
/// The recursion is an integrated one, so the variance of `k` sessions is `k·v`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EwmaT {
    /// Sessions to forecast, from 1 to [`MAX_HORIZON`](super::random_walk::MAX_HORIZON).
    pub horizon: usize,
}

/// A fitted [`EwmaT`]. It has no parameters and forecasts any symbol.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedEwmaT {
    horizon: usize,
    quantiles: UnitQuantiles,
}

impl Forecaster for EwmaT {
    type Fitted = FittedEwmaT;

    /// Checks that `history` has [`MIN_RETURNS`]; there are no parameters to estimate.
    fn fit(self, history: &History, cancel: &Cancel, _: &dyn ProgressSink) -> Result<FittedEwmaT, ForecastError> {
        check_request(NAME, self.horizon, cancel)?;
        log_returns(history, MIN_RETURNS)?;
        Ok(FittedEwmaT { horizon: self.horizon, quantiles: UnitQuantiles::new(DEGREES_OF_FREEDOM)? })
    }
}

impl FittedEwmaT {
    /// Returns the variance of the log return from the last close to each of the next sessions.
    ///
    /// # Errors
    /// [`ForecastError::TooShort`] below [`MIN_RETURNS`] returns, [`ForecastError::NonFinite`] where a close is not
    /// usable.
    pub fn return_variances(&self, history: &History) -> Result<Vec<f64>, ForecastError> {
        let variance = next_variance(&log_returns(history, MIN_RETURNS)?);
        Ok((1..=self.horizon).map(|sessions| variance * sessions as f64).collect())
    }
}

impl Predict for FittedEwmaT {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let moments = |variance| ReturnMoments { location: 0.0, variance };
        let moments: Vec<ReturnMoments> = self.return_variances(history)?.into_iter().map(moments).collect();
        return_distribution::forecast(NAME, history, &moments, &self.quantiles)
    }
}

/// Returns the variance of the return after the last one.
fn next_variance(returns: &[f64]) -> f64 {
    let start = &returns[..START];
    let centre = mean(start.iter().copied());
    let variance = mean(start.iter().map(|value| (value - centre).powi(2)));
    // The start is the variance at its last return, so that return enters the recursion again.
    returns[START - 1..].iter().fold(variance, |variance, value| DECAY * variance + (1.0 - DECAY) * value * value)
}
