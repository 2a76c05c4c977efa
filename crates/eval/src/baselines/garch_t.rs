//! GARCH(1,1) with Student-t innovations, by maximum likelihood.

mod estimate;
mod likelihood;
mod parameters;

use closecast_domain::{Cancel, Forecast, ForecastError, Forecaster, History, Predict, ProgressSink};

use self::likelihood::Sample;
pub use self::parameters::GarchParameters;
use super::{
    return_distribution::{self, ReturnMoments, check_request, constant_prices_error, log_returns},
    student_t::UnitQuantiles,
};

/// Minimum number of log returns for fitting: a year of sessions.
pub const MIN_RETURNS: usize = 250;

/// Minimum number of log returns for a forecast; the variance before them is backcast from these.
pub const MIN_RETURNS_TO_PREDICT: usize = 75;

const NAME: &str = "garch-t";

const PERCENT: f64 = 100.0;

/// The GARCH(1,1) forecast: `r(t) = μ + e(t)`, `h(t+1) = ω + α·e(t)² + β·h(t)`, `e(t)/√h(t)` Student-t of unit variance
/// (Bollerslev, "Generalized Autoregressive Conditional Heteroskedasticity", Journal of Econometrics 31, 1986, and "A
/// Conditionally Heteroskedastic Time Series Model for Speculative Prices and Rates of Return", Review of Economics and
/// Statistics 69, 1987), on log returns of the adjusted close.
///
/// All five parameters are those of the highest likelihood within `ω > 0`, `α, β ≥ 0`, `α + β < 1` and
/// `2.05 ≤ ν ≤ 500`; the variance before the first return is the weighted mean square of the first 75, as in the PyPI
/// package arch.
///
/// The variance of `k` sessions is the sum of the recursion's forecasts, their mean `k·μ`. The return of several
/// sessions is approximated by a Student-t with the same `ν`; the tails of a sum of t are between these and normal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GarchT {
    /// Sessions to forecast, from 1 to [`MAX_HORIZON`](super::random_walk::MAX_HORIZON).
    pub horizon: usize,
}

/// A fitted [`GarchT`]: parameters of one symbol. The volatility is computed from the history to forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedGarchT {
    horizon: usize,
    parameters: GarchParameters,
    log_likelihood: f64,
    quantiles: UnitQuantiles,
}

impl Forecaster for GarchT {
    type Fitted = FittedGarchT;

    /// Estimates the parameters from at least [`MIN_RETURNS`] returns; milliseconds for a thousand.
    fn fit(self, history: &History, cancel: &Cancel, _: &dyn ProgressSink) -> Result<FittedGarchT, ForecastError> {
        check_request(NAME, self.horizon, cancel)?;
        let returns = percent_returns(history, MIN_RETURNS)?;
        let sample = Sample::new(&returns);
        if sample.variance <= 0.0 {
            return Err(constant_prices_error(history));
        }
        let Some((parameters, log_likelihood)) = estimate::most_likely(&sample, cancel)? else {
            return Err(ForecastError::NonFinite {
                what: format!("the likelihood of the returns of {}", history.symbol()),
                diagnosis: format!("their variance is {} percent squared: check the prices", sample.variance),
            });
        };
        let quantiles = UnitQuantiles::new(parameters.degrees_of_freedom)?;
        Ok(FittedGarchT { horizon: self.horizon, parameters, log_likelihood, quantiles })
    }
}

impl FittedGarchT {
    /// Returns the parameters, for log returns in percent.
    #[must_use]
    pub fn parameters(&self) -> GarchParameters {
        self.parameters
    }

    /// Returns the log-likelihood of the fitted returns in percent.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// Returns the variance of the log return from the last close to each of the next sessions.
    ///
    /// # Errors
    /// [`ForecastError::TooShort`] below [`MIN_RETURNS_TO_PREDICT`] returns, [`ForecastError::NonFinite`] where a close
    /// is not usable.
    pub fn return_variances(&self, history: &History) -> Result<Vec<f64>, ForecastError> {
        let GarchParameters { omega, alpha, beta, .. } = self.parameters;
        let returns = percent_returns(history, MIN_RETURNS_TO_PREDICT)?;
        let first = likelihood::next_variance(&returns, &self.parameters);
        let steps = std::iter::successors(Some(first), |variance| Some(omega + (alpha + beta) * variance));
        let mut total = 0.0;
        let summed = steps.take(self.horizon).map(|variance| {
            total += variance;
            total / (PERCENT * PERCENT)
        });
        Ok(summed.collect())
    }
}

impl Predict for FittedGarchT {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let mean = self.parameters.mean / PERCENT;
        let variances = self.return_variances(history)?;
        let moments = |(session, variance)| ReturnMoments { location: mean * f64::from(session), variance };
        let moments: Vec<ReturnMoments> = (1_u32..).zip(variances).map(moments).collect();
        return_distribution::forecast(NAME, history, &moments, &self.quantiles)
    }
}

/// Returns the log returns in percent: of order 1, as the optimiser's tolerances assume.
fn percent_returns(history: &History, need: usize) -> Result<Vec<f64>, ForecastError> {
    Ok(log_returns(history, need)?.into_iter().map(|value| PERCENT * value).collect())
}
