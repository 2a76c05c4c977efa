//! The origin of a forecast.

use chrono::NaiveDate;
use closecast_domain::{Forecast, History, ModelRef, SessionForecast, Symbol};

/// The last known session of a forecast, and the sessions that are forecast.
#[derive(Clone, Debug)]
pub(crate) struct ForecastOrigin {
    pub(crate) symbol: Symbol,
    pub(crate) as_of: NaiveDate,
    pub(crate) last_close: f64,
    pub(crate) currency: Option<String>,
    pub(crate) sessions: Vec<NaiveDate>,
}

impl ForecastOrigin {
    /// Returns session `origin` of `history` and the `horizon` sessions after it.
    pub(crate) fn on(history: &History, origin: usize, horizon: usize) -> Self {
        let last = &history.bars()[origin];
        Self {
            symbol: history.symbol().clone(),
            as_of: last.date,
            last_close: last.raw_close,
            currency: history.currency().map(str::to_owned),
            sessions: history.calendar().sessions_after(last.date, horizon),
        }
    }

    /// Returns the last session of `history` and the `horizon` sessions after it.
    pub(crate) fn on_last(history: &History, horizon: usize) -> Self {
        Self::on(history, history.len() - 1, horizon)
    }

    /// Builds the forecast of `sessions` by `model`.
    pub(crate) fn forecast(&self, model: ModelRef, sessions: Vec<SessionForecast>) -> Forecast {
        Forecast {
            symbol: self.symbol.clone(),
            as_of: self.as_of,
            last_close: self.last_close,
            currency: self.currency.clone(),
            model,
            sessions,
        }
    }
}
