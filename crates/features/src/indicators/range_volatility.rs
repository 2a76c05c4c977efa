//! Daily volatility from open, high, low and close: several times as efficient as close-to-close returns.
//!
//! All are standard deviations of a day's log return (not annualised), averaged over the last `period` days. With
//! o, h, l, c the logarithms of the day's prices and c₋₁ that of the close before:
//!
//! | estimator | variance of one day | blind to |
//! |---|---|---|
//! | Parkinson | (h − l)² / (4 ln 2) | overnight gap, drift |
//! | Garman–Klass | ½ (h − l)² − (2 ln 2 − 1)(c − o)² | overnight gap, drift |
//! | Rogers–Satchell | (h − c)(h − o) + (l − c)(l − o) | overnight gap |
//! | Yang–Zhang | Var(o − c₋₁) + k Var(c − o) + (1 − k) Rogers–Satchell | nothing of the three |
//!
//! None is negative for a bar with `low ≤ open, close ≤ high`; a flat bar counts as 0.

use std::f64::consts::LN_2;

use closecast_domain::Bar;

use super::returns::{log_ranges, overnight_gaps};
use crate::rolling::{rolling_mean, rolling_variance};

/// Returns Parkinson's volatility. First value on day `period − 1`.
///
/// Parkinson (1980), *The Extreme Value Method for Estimating the Variance of the Rate of Return*, J. Business 53(1).
#[must_use]
pub fn parkinson(bars: &[Bar], period: usize) -> Vec<f64> {
    let daily: Vec<f64> = log_ranges(bars).into_iter().map(|range| range * range / (4.0 * LN_2)).collect();
    root(rolling_mean(&daily, period))
}

/// Returns the volatility of Garman and Klass. First value on day `period − 1`.
///
/// Garman and Klass (1980), *On the Estimation of Security Price Volatilities from Historical Data*, J. Business 53(1),
/// their practical estimator without the small cross terms.
#[must_use]
pub fn garman_klass(bars: &[Bar], period: usize) -> Vec<f64> {
    let daily: Vec<f64> = bars.iter().map(garman_klass_variance).collect();
    root(rolling_mean(&daily, period))
}

/// Returns the volatility of Rogers and Satchell. First value on day `period − 1`.
///
/// Rogers and Satchell (1991), *Estimating Variance from High, Low and Closing Prices*, Ann. Appl. Probab. 1(4).
#[must_use]
pub fn rogers_satchell(bars: &[Bar], period: usize) -> Vec<f64> {
    let daily: Vec<f64> = bars.iter().map(rogers_satchell_variance).collect();
    root(rolling_mean(&daily, period))
}

/// Returns the volatility of Yang and Zhang, with `k = 0.34 / (1.34 + (n + 1)/(n − 1))` and sample variances (divisor
/// n − 1). First value on day `period`. A period of 1 has no variance and so no value.
///
/// Yang and Zhang (2000), *Drift-Independent Volatility Estimation Based on High, Low, Open, and Close Prices*,
/// J. Business 73(3).
#[must_use]
pub fn yang_zhang(bars: &[Bar], period: usize) -> Vec<f64> {
    let n = period as f64;
    let k = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
    let open_to_close: Vec<f64> = bars.iter().map(|bar| (bar.close / bar.open).ln()).collect();
    let inside: Vec<f64> = bars.iter().map(rogers_satchell_variance).collect();
    let overnight = rolling_variance(&overnight_gaps(bars), period);
    let open_to_close = rolling_variance(&open_to_close, period);
    let inside = rolling_mean(&inside, period);
    let total = |day: usize| overnight[day] + k * open_to_close[day] + (1.0 - k) * inside[day];
    root((0..bars.len()).map(total).collect())
}

/// Returns the variance of one session from open to close after Garman and Klass.
pub(super) fn garman_klass_variance(bar: &Bar) -> f64 {
    let range = (bar.high / bar.low).ln();
    let open_to_close = (bar.close / bar.open).ln();
    0.5 * range * range - (2.0 * LN_2 - 1.0) * open_to_close * open_to_close
}

fn rogers_satchell_variance(bar: &Bar) -> f64 {
    let upper = (bar.high / bar.close).ln() * (bar.high / bar.open).ln();
    let lower = (bar.low / bar.close).ln() * (bar.low / bar.open).ln();
    upper + lower
}

fn root(variances: Vec<f64>) -> Vec<f64> {
    variances.into_iter().map(f64::sqrt).collect()
}
