//! Conversion of log-return distributions to price forecasts, shared by the volatility models.

use closecast_domain::{Bar, Cancel, Forecast, ForecastError, History, ModelRef, Quantile, SessionForecast};

use super::{random_walk::MAX_HORIZON, student_t::UnitQuantiles};

/// Location and variance of the log return from the last close to one future session.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReturnMoments {
    /// Location: the point forecast.
    pub(super) location: f64,
    /// Its variance.
    pub(super) variance: f64,
}

/// Checks before a fit that it is not cancelled and that `horizon` is in range.
pub(super) fn check_request(name: &str, horizon: usize, cancel: &Cancel) -> Result<(), ForecastError> {
    if cancel.is_cancelled() {
        return Err(ForecastError::Cancelled);
    }
    if (1..=MAX_HORIZON).contains(&horizon) {
        return Ok(());
    }
    Err(ForecastError::Unsuitable(format!("the horizon is {horizon}: {name} forecasts 1 to {MAX_HORIZON} sessions")))
}

/// Returns the log returns of the adjusted closes, at least `need` of them, oldest first.
pub(super) fn log_returns(history: &History, need: usize) -> Result<Vec<f64>, ForecastError> {
    let bars = history.bars();
    if bars.len() <= need {
        return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: bars.len(), need: need + 1 });
    }
    let log_return = |pair: &[Bar]| {
        let value = (pair[1].close / pair[0].close).ln();
        if value.is_finite() {
            return Ok(value);
        }
        Err(ForecastError::NonFinite {
            what: format!("the return of {} on {}", history.symbol(), pair[1].date),
            diagnosis: format!("its adjusted closes are {} and {}", pair[0].close, pair[1].close),
        })
    };
    bars.windows(2).map(log_return).collect()
}

/// Returns the error of a symbol with constant closes, whose volatility is undefined.
pub(super) fn constant_prices_error(history: &History) -> ForecastError {
    let symbol = history.symbol();
    ForecastError::Unsuitable(format!("the closes of {symbol} are constant, so there is no volatility to forecast"))
}

/// Returns the forecast whose `k`-th session is point `last · exp(location)` and quantiles
/// `last · exp(location + √variance · z)`, with the `k`-th of `moments` and `last` the newest close as quoted.
pub(super) fn forecast(
    name: &str,
    history: &History,
    moments: &[ReturnMoments],
    quantiles: &UnitQuantiles,
) -> Result<Forecast, ForecastError> {
    forecast_after(name, history, history.last(), moments, quantiles)
}

/// As [`forecast`], made after the bar `last` of `history`.
pub(super) fn forecast_after(
    name: &str,
    history: &History,
    last: &Bar,
    moments: &[ReturnMoments],
    quantiles: &UnitQuantiles,
) -> Result<Forecast, ForecastError> {
    let dates = history.calendar().sessions_after(last.date, moments.len());
    if dates.len() < moments.len() {
        let message = format!("the calendar ends less than {} sessions after {}", moments.len(), last.date);
        return Err(ForecastError::Unsuitable(message));
    }
    let price = |log_return: f64| {
        let price = last.raw_close * log_return.exp();
        if price.is_finite() && price > 0.0 {
            return Ok(price);
        }
        Err(ForecastError::NonFinite {
            what: format!("the {name} forecast of {}", history.symbol()),
            diagnosis: format!(
                "the last close is {}, the log return {log_return}: check the history's prices",
                last.raw_close
            ),
        })
    };
    let session = |(date, moments): (_, &ReturnMoments)| {
        if moments.variance <= 0.0 {
            return Err(constant_prices_error(history));
        }
        let scale = moments.variance.sqrt();
        let quantile = |(level, z)| Ok(Quantile { level, price: price(moments.location + scale * z)? });
        let quantiles = quantiles.iter().map(quantile).collect::<Result<_, ForecastError>>()?;
        Ok(SessionForecast { date, point: price(moments.location)?, quantiles })
    };
    Ok(Forecast {
        symbol: history.symbol().clone(),
        as_of: last.date,
        last_close: last.raw_close,
        currency: history.currency().map(str::to_owned),
        model: ModelRef { name: name.to_owned(), sha256: String::new() },
        sessions: dates.into_iter().zip(moments).map(session).collect::<Result<_, ForecastError>>()?,
    })
}
