//! The heterogeneous autoregression of range-based volatility.

mod components;
mod range_variance;

use closecast_domain::{Cancel, Forecast, ForecastError, Forecaster, History, Predict, ProgressSink};

use self::{
    components::{MONTH, months},
    range_variance::{check_ranges, floor, range_variances},
};
use super::{
    return_distribution::{self, ReturnMoments, check_request, constant_prices_error, log_returns},
    student_t::{UnitQuantiles, most_likely_degrees_of_freedom},
};
use crate::summation::mean;

pub use components::HarCoefficients;

/// Minimum number of log returns for fitting: a year of sessions.
pub const MIN_RETURNS: usize = 250;

/// Minimum number of log returns for a forecast: the month of the longest mean.
pub const MIN_RETURNS_TO_PREDICT: usize = MONTH;

const NAME: &str = "har";

/// The HAR forecast of volatility (Corsi, "A Simple Approximate Long-Memory Model of Realized Volatility", Journal of
/// Financial Econometrics 7, 2009) estimated from daily bars: the logarithm `x` of Garman and Klass' variance plus
/// the squared overnight return, on adjusted prices. Tomorrow's is `b₀ + b₁·x + b₂·(mean of 5 days) + b₃·(mean of
/// 22)`, with the coefficients of ordinary least squares on one symbol.
///
/// The variance of the next return is `c·exp(x̂)`: the factor `c` makes the mean square of the standardised returns 1
/// over the training days (the smearing of Duan, "Smearing Estimate: A Nonparametric Retransformation Method", JASA 78, 1983,
/// which also corrects the bias of the range). The return is Student-t around the last close, with the maximum-likelihood
/// degrees of freedom of the standardised returns.
///
/// Later sessions iterate the regression. The uncertainty of their logarithm raises the mean of its exponential by half the
/// added variance `s²·(ψ₁² + … + ψ²ₖ₋₁)` (as for normal errors); forecasts are clamped to the range of the given days, because
/// a root near 1 could diverge. Variances add up over sessions, and the sum of t is approximated by t.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Har {
    /// Sessions to forecast, from 1 to [`MAX_HORIZON`](super::random_walk::MAX_HORIZON).
    pub horizon: usize,
}

/// A fitted [`Har`]: coefficients of one symbol. The volatility is computed from the history to forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedHar {
    coefficients: HarCoefficients,
    floor: f64,
    smearing: f64,
    /// Correction of each session's log variance for its uncertainty beyond that of the first.
    spread: Vec<f64>,
    degrees_of_freedom: f64,
    quantiles: UnitQuantiles,
}

impl Forecaster for Har {
    type Fitted = FittedHar;

    /// Estimates the regression from at least [`MIN_RETURNS`] returns, most of them on days with a range.
    fn fit(self, history: &History, cancel: &Cancel, _: &dyn ProgressSink) -> Result<FittedHar, ForecastError> {
        check_request(NAME, self.horizon, cancel)?;
        let returns = log_returns(history, MIN_RETURNS)?;
        check_ranges(history)?;
        let variances = range_variances(history)?;
        let floor = floor(&variances);
        let logs = log_variances(&variances, floor);
        let Some(coefficients) = HarCoefficients::least_squares(&logs) else {
            let message = format!("the daily ranges of {} are constant: the regression is undefined", history.symbol());
            return Err(ForecastError::Unsuitable(message));
        };
        if cancel.is_cancelled() {
            return Err(ForecastError::Cancelled);
        }
        let fitted: Vec<f64> = months(&logs).map(|month| coefficients.next(month)).collect();
        let errors = fitted.iter().zip(&logs[MONTH..]).map(|(fitted, actual)| (actual - fitted).powi(2));
        let error_variance = mean(errors);
        let returns = &returns[MONTH..];
        let smearing = mean(returns.iter().zip(&fitted).map(|(value, log)| value * value / log.exp()));
        if smearing <= 0.0 {
            return Err(constant_prices_error(history));
        }
        let standardised: Vec<f64> =
            returns.iter().zip(&fitted).map(|(value, log)| value / (smearing * log.exp()).sqrt()).collect();
        let degrees_of_freedom = most_likely_degrees_of_freedom(&standardised);
        Ok(FittedHar {
            coefficients,
            floor,
            smearing,
            spread: spread(&coefficients, error_variance, self.horizon),
            degrees_of_freedom,
            quantiles: UnitQuantiles::new(degrees_of_freedom)?,
        })
    }
}

impl FittedHar {
    /// Returns the coefficients of the regression.
    #[must_use]
    pub fn coefficients(&self) -> HarCoefficients {
        self.coefficients
    }

    /// Returns the factor from the exponential of the forecast log variance to the variance of the return.
    #[must_use]
    pub fn smearing(&self) -> f64 {
        self.smearing
    }

    /// Returns the degrees of freedom of the standardised returns.
    #[must_use]
    pub fn degrees_of_freedom(&self) -> f64 {
        self.degrees_of_freedom
    }

    /// Returns the variance of the log return from the last close to each of the next sessions.
    ///
    /// # Errors
    /// [`ForecastError::TooShort`] below [`MIN_RETURNS_TO_PREDICT`] returns, [`ForecastError::Unsuitable`] when most
    /// days have no range, [`ForecastError::NonFinite`] where a price is not usable.
    pub fn return_variances(&self, history: &History) -> Result<Vec<f64>, ForecastError> {
        let bars = history.bars();
        let need = MIN_RETURNS_TO_PREDICT + 1;
        if bars.len() < need {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: bars.len(), need });
        }
        check_ranges(history)?;
        let mut logs = log_variances(&range_variances(history)?, self.floor);
        let lowest = logs.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        let variance = |added: &f64| {
            let next = self.coefficients.next(&logs).clamp(lowest, highest);
            logs.push(next);
            total += self.smearing * (next + added).min(highest).exp();
            total
        };
        Ok(self.spread.iter().map(variance).collect())
    }
}

impl Predict for FittedHar {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let moments = |variance| ReturnMoments { location: 0.0, variance };
        let moments: Vec<ReturnMoments> = self.return_variances(history)?.into_iter().map(moments).collect();
        return_distribution::forecast(NAME, history, &moments, &self.quantiles)
    }
}

fn log_variances(variances: &[f64], floor: f64) -> Vec<f64> {
    variances.iter().map(|variance| variance.max(floor).ln()).collect()
}

/// Returns half the variance that the log variance of each of `horizon` sessions has beyond that of the first.
fn spread(coefficients: &HarCoefficients, error_variance: f64, horizon: usize) -> Vec<f64> {
    let mut total = 0.0;
    let mut added = vec![0.0; horizon];
    for (added, response) in added.iter_mut().zip(coefficients.impulse_responses(horizon)).skip(1) {
        total += response * response;
        *added = 0.5 * error_variance * total;
    }
    added
}
