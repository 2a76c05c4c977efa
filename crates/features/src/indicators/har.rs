//! Components of the heterogeneous autoregressive model of volatility.

use closecast_domain::Bar;

use super::{range_volatility::garman_klass_variance, returns::overnight_gaps, volatility::MIN_VOLATILITY};
use crate::rolling::rolling_mean;

/// Returns the log volatility of each day, `½ ln(gap² + Garman–Klass)`: overnight gap and session together. A day without
/// movement counts as [`MIN_VOLATILITY`]. First value on day 1.
#[must_use]
pub fn log_daily_volatility(bars: &[Bar]) -> Vec<f64> {
    let floor = MIN_VOLATILITY * MIN_VOLATILITY;
    let variance = |(gap, bar): (f64, &Bar)| gap * gap + garman_klass_variance(bar);
    let floored = |variance: f64| if variance < floor { floor } else { variance };
    overnight_gaps(bars).into_iter().zip(bars).map(|day| 0.5 * floored(variance(day)).ln()).collect()
}

/// Returns the mean of [`log_daily_volatility`] over the last `period` days: the daily (1), weekly (5) and monthly (22)
/// components of Corsi (2009), *A Simple Approximate Long-Memory Model of Realized Volatility*, J. Financial
/// Econometrics 7(2), with the range of the day in place of intraday returns. First value on day `period`.
#[must_use]
pub fn har_component(bars: &[Bar], period: usize) -> Vec<f64> {
    rolling_mean(&log_daily_volatility(bars), period)
}
