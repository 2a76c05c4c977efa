//! Exponential smoothing of the log price with trend selection by AICc.

mod estimate;
mod profile;
mod smoothing;

use std::ops::Range;

use closecast_domain::{Bar, Cancel, Forecast, ForecastError, Forecaster, History, Predict, ProgressSink};

use super::{
    return_distribution::{self, ReturnMoments, check_request},
    student_t::UnitQuantiles,
};

pub use estimate::EtsCandidate;
pub use smoothing::{EtsParameters, EtsState, EtsTrend};

/// Minimum number of sessions for fitting: a year.
pub const MIN_SESSIONS: usize = 251;

/// Minimum number of sessions for a forecast: before, the level still depends on the initial state.
pub const MIN_SESSIONS_TO_PREDICT: usize = 60;

/// Standard deviation of the errors, in log prices, below which they count as rounding errors.
const ROUNDING: f64 = 1e-10;

const NAME: &str = "ets";

/// The AutoETS forecast: exponential smoothing in its innovations form on the log of the adjusted close, without a
/// season, with additive errors and no trend, an additive one or a damped one. Each is fitted by maximum likelihood,
/// initial state included, and that of the lowest corrected Akaike criterion forecasts (Hyndman, Koehler, Ord and
/// Snyder, "Forecasting with Exponential Smoothing", 2008, chapters 2, 5 and 7). Intervals are the normal ones of its
/// table 6.1, with parameters taken as known.
///
/// Errors are additive since those of a log price are: relative ones would make the choice depend on the currency.
/// Smoothing weights keep to the bounds that the R package forecast has by default.
///
/// Parameters are estimated once, in `fit`. A forecast runs the recursion over the given closes, including those after the
/// fit; many origins share one pass over the days.
///
/// The crate augurs-ets estimates the same parameters but is not used: it exposes neither parameters nor state, so it cannot
/// continue over new closes; its forecasts with a damped trend apply `φ` twice from the second session on; and it has twenty
/// dependencies, one under a licence that `deny.toml` does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutoEts {
    /// Sessions to forecast, from 1 to [`MAX_HORIZON`](super::random_walk::MAX_HORIZON).
    pub horizon: usize,
}

/// A fitted [`AutoEts`]: parameters of one symbol. The state is computed from the history to forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedAutoEts {
    chosen: EtsCandidate,
    /// Variances of the log return from the last close to each session.
    variances: Vec<f64>,
    quantiles: UnitQuantiles,
}

impl Forecaster for AutoEts {
    type Fitted = FittedAutoEts;

    /// Estimates the parameters from at least [`MIN_SESSIONS`] sessions; milliseconds for a thousand.
    fn fit(self, history: &History, cancel: &Cancel, _: &dyn ProgressSink) -> Result<FittedAutoEts, ForecastError> {
        check_request(NAME, self.horizon, cancel)?;
        let logs = log_closes(history, history.bars(), MIN_SESSIONS)?;
        let mut best: Option<EtsCandidate> = None;
        for trend in [EtsTrend::None, EtsTrend::Additive, EtsTrend::Damped] {
            let found = estimate::most_likely(trend, &logs, cancel)?;
            best = best.into_iter().chain(found).min_by(|left, right| left.aicc.total_cmp(&right.aicc));
        }
        let moves = |candidate: &EtsCandidate| candidate.error_variance.sqrt() > ROUNDING;
        let Some(chosen) = best.filter(moves) else {
            let symbol = history.symbol();
            let message = format!("the log closes of {symbol} are constant or linear: there are no errors to fit");
            return Err(ForecastError::Unsuitable(message));
        };
        let factors = chosen.parameters.relative_variances(self.horizon);
        let variances = factors.into_iter().map(|factor| chosen.error_variance * factor).collect();
        Ok(FittedAutoEts { chosen, variances, quantiles: UnitQuantiles::normal() })
    }
}

impl FittedAutoEts {
    /// Returns the selected model.
    #[must_use]
    pub fn chosen(&self) -> &EtsCandidate {
        &self.chosen
    }

    fn forecast(&self, history: &History, last: &Bar, state: EtsState, log: f64) -> Result<Forecast, ForecastError> {
        let levels = self.chosen.parameters.levels_after(state, self.variances.len());
        let moments = |(level, &variance): (f64, &f64)| ReturnMoments { location: level - log, variance };
        let moments: Vec<ReturnMoments> = levels.into_iter().zip(&self.variances).map(moments).collect();
        return_distribution::forecast_after(NAME, history, last, &moments, &self.quantiles)
    }
}

impl Predict for FittedAutoEts {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let origin = history.len() - 1;
        let forecast = self.predict_each(history, origin..origin + 1)?.pop();
        forecast.ok_or_else(|| ForecastError::Unsuitable(format!("{NAME} has no session to forecast from")))
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        if origins.is_empty() {
            return Ok(Vec::new());
        }
        let Some(known) = history.bars().get(..origins.end) else {
            let message = format!("there is no session {} to forecast from: {} are known", origins.end, history.len());
            return Err(ForecastError::Unsuitable(message));
        };
        let have = origins.start + 1;
        if have < MIN_SESSIONS_TO_PREDICT {
            let symbol = history.symbol().clone();
            return Err(ForecastError::TooShort { symbol, have, need: MIN_SESSIONS_TO_PREDICT });
        }
        let logs = log_closes(history, known, MIN_SESSIONS_TO_PREDICT)?;
        let parameters = &self.chosen.parameters;
        let states = logs.iter().scan(parameters.initial, |state, &log| {
            *state = parameters.after(*state, log);
            Some(*state)
        });
        let days = known.iter().zip(&logs).zip(states).skip(origins.start);
        days.map(|((last, &log), state)| self.forecast(history, last, state, log)).collect()
    }
}

/// Returns the logs of the adjusted closes of `bars`, at least `need`, relative to the first one, so that currency and
/// splits do not change a bit.
fn log_closes(history: &History, bars: &[Bar], need: usize) -> Result<Vec<f64>, ForecastError> {
    let Some(first) = bars.first().filter(|_| bars.len() >= need) else {
        return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: bars.len(), need });
    };
    let log = |bar: &Bar| {
        let value = (bar.close / first.close).ln();
        if value.is_finite() {
            return Ok(value);
        }
        Err(ForecastError::NonFinite {
            what: format!("the log price of {} on {}", history.symbol(), bar.date),
            diagnosis: format!("its adjusted close is {}, the first one {}", bar.close, first.close),
        })
    };
    bars.iter().map(log).collect()
}
