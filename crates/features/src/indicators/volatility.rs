//! Daily volatility from log returns: exponentially weighted, and over a rolling window.

use crate::rolling::rolling_variance;

/// Decay of the daily variance in RiskMetrics (J.P. Morgan/Reuters, *RiskMetrics Technical Document*, 4th ed. 1996, ch.
/// 5).
pub const RISKMETRICS_DECAY: f64 = 0.94;

/// Returns required before [`ewma_volatility`] with [`RISKMETRICS_DECAY`] has a value: a sum of weights of 11.8 out of 16.7.
pub const RISKMETRICS_MIN_RETURNS: usize = 20;

/// Minimum volatility used as a divisor (1 basis point a day, 0.16 % a year).
///
/// No traded price has such a low volatility; a stale price has, and its scaled returns must stay finite.
pub const MIN_VOLATILITY: f64 = 1e-4;

/// Returns the exponentially weighted volatility `σ_t = √(Σ_i λ^i r²_{t−i} / Σ_i λ^i)`, with `λ = decay` and the mean
/// return taken as 0. It includes the return of day `t` itself.
///
/// The weights are normalised over the available returns (as `ewm(alpha=1−λ, adjust=True)` of pandas), so no seed is
/// needed; with a long past it equals the RiskMetrics recursion `σ²_t = λ σ²_{t−1} + (1−λ) r²_t`. Leading NaN
/// are skipped. First value on the day of the `min_returns`-th return (day `min_returns` for [`log_returns`]).
///
/// [`log_returns`]: super::returns::log_returns
#[must_use]
pub fn ewma_volatility(returns: &[f64], decay: f64, min_returns: usize) -> Vec<f64> {
    let skipped = returns.iter().take_while(|value| value.is_nan()).count();
    let mut volatility = vec![f64::NAN; returns.len()];
    let (mut squares, mut weights) = (0.0, 0.0);
    for day in skipped..returns.len() {
        squares = decay * squares + returns[day] * returns[day];
        weights = decay * weights + 1.0;
        if day + 1 - skipped >= min_returns {
            volatility[day] = (squares / weights).sqrt();
        }
    }
    volatility
}

/// Returns the σ that features and targets are divided by: [`ewma_volatility`] with [`RISKMETRICS_DECAY`], never below
/// [`MIN_VOLATILITY`]. First value on day [`RISKMETRICS_MIN_RETURNS`].
#[must_use]
pub fn scaling_volatility(returns: &[f64]) -> Vec<f64> {
    let floored = |sigma: f64| if sigma < MIN_VOLATILITY { MIN_VOLATILITY } else { sigma };
    ewma_volatility(returns, RISKMETRICS_DECAY, RISKMETRICS_MIN_RETURNS).into_iter().map(floored).collect()
}

/// Limit, in σ, that [`capped_ewma_volatility`] clips returns to.
pub const CAP: f64 = 4.0;

/// Returns the volatility of the recursion `σ²_t = λ σ²_{t−1} + (1 − λ) min(r²_t, c² σ²_{t−1})` with `λ` =
/// [`RISKMETRICS_DECAY`] and `c` = [`CAP`], begun with [`ewma_volatility`] on its first day: a robust EWMA (as the bounded
/// innovations of Gelper, Fried and Croux 2010, *Robust forecasting with exponential and Holt–Winters smoothing*).
/// First value on day [`RISKMETRICS_MIN_RETURNS`].
#[must_use]
pub fn capped_ewma_volatility(returns: &[f64]) -> Vec<f64> {
    let mut volatility = ewma_volatility(returns, RISKMETRICS_DECAY, RISKMETRICS_MIN_RETURNS);
    let floor = MIN_VOLATILITY * MIN_VOLATILITY;
    let mut before: Option<f64> = None;
    for (value, r) in volatility.iter_mut().zip(returns) {
        if let Some(variance) = before {
            let innovation = (r * r).min(CAP * CAP * variance.max(floor));
            *value = (RISKMETRICS_DECAY * variance + (1.0 - RISKMETRICS_DECAY) * innovation).sqrt();
        }
        before = (!value.is_nan()).then_some(*value * *value);
    }
    volatility
}

/// Returns the sample standard deviation (divisor n − 1) of the last `period` returns. First value on day `period` for
/// returns whose first is NaN.
///
/// As `rolling(period).std()` of pandas; `STDDEV` of TA-Lib divides by n instead.
#[must_use]
pub fn rolling_volatility(returns: &[f64], period: usize) -> Vec<f64> {
    rolling_variance(returns, period).into_iter().map(f64::sqrt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ewma_equals_the_riskmetrics_recursion_after_a_long_past() {
        let returns: Vec<f64> = (0..1200).map(|day| 0.01 * f64::from(day % 7) - 0.03).collect();
        let volatility = ewma_volatility(&returns, RISKMETRICS_DECAY, 1);
        let recursion = (RISKMETRICS_DECAY * volatility[1198].powi(2) + 0.06 * returns[1199].powi(2)).sqrt();
        // 0.94^1199 is 1e-32: the normalisation has no effect beyond rounding.
        assert!((volatility[1199] / recursion - 1.0).abs() < 1e-14);
    }

    #[test]
    fn constant_price_has_the_minimum_volatility() {
        let mut returns = vec![0.0; 30];
        returns[0] = f64::NAN;
        let sigma = scaling_volatility(&returns);
        assert!(sigma[19].is_nan());
        assert_eq!(sigma[20..], [MIN_VOLATILITY; 10]);
    }

    #[test]
    fn capped_volatility_recovers_after_constant_prices() {
        let mut returns = vec![0.0; 40];
        returns[0] = f64::NAN;
        returns[30..].fill(0.02);
        let volatility = capped_ewma_volatility(&returns);
        assert_eq!(volatility[29], 0.0);
        // The first move counts as 4 basis points, 4 times the minimum volatility.
        assert!((volatility[30] / (0.06_f64 * 16e-8).sqrt() - 1.0).abs() < 1e-12);
        assert!(volatility[39] > volatility[30]);
    }
}
