//! A forecast in two steps: what takes the history, once an evening, and the pass of the network.

use chrono::NaiveDate;
use closecast_domain::{Forecast, ForecastError, History, ModelRef, SessionForecast, Symbol};

use crate::{TrainedModel, base::BaseLook, model::Look};

/// The last evening of a history, and the sessions to be forecast on it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) symbol: Symbol,
    pub(crate) as_of: NaiveDate,
    pub(crate) last_close: f64,
    pub(crate) currency: Option<String>,
    pub(crate) sessions: Vec<NaiveDate>,
}

impl Asked {
    /// Returns the day `origin` of `history` and the `horizon` sessions after it.
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

    /// Returns the last day of `history` and the `horizon` sessions after it.
    pub(crate) fn on_last(history: &History, horizon: usize) -> Self {
        Self::on(history, history.len() - 1, horizon)
    }

    /// Returns the forecast of `sessions` by `model`.
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

/// What a model looks at on the last evening of a history: features, scales, the hits and misses since the training. A
/// server keeps it while the history and the model stay what they are, and each forecast is then one pass of the network.
#[derive(Clone, Debug)]
pub struct Prepared {
    asked: Asked,
    look: ModelLook,
}

#[derive(Clone, Debug)]
enum ModelLook {
    Lstm(Look),
    Base(BaseLook),
}

impl Prepared {
    /// Returns the memory that it takes, in bytes, but for names and dates.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let window = match &self.look {
            ModelLook::Lstm(look) => look.values(),
            ModelLook::Base(look) => look.values(),
        };
        size_of::<Self>() + window * size_of::<f32>()
    }
}

impl TrainedModel {
    /// Computes all that the model needs of `history`.
    ///
    /// # Errors
    /// [`ForecastError`] when the history is too short or the model cannot look at it.
    pub fn prepare(&self, history: &History) -> Result<Prepared, ForecastError> {
        let (horizon, look) = match self {
            Self::Lstm(model) => (model.horizon(), ModelLook::Lstm(model.look(history)?)),
            Self::Base(model) => (model.card().horizon, ModelLook::Base(model.look(history)?)),
        };
        Ok(Prepared { asked: Asked::on_last(history, horizon), look })
    }

    /// Returns the forecast from what was prepared: the same, to the bit, as from the history itself.
    ///
    /// # Errors
    /// [`ForecastError::Unsuitable`] when it was prepared for another kind of model, [`ForecastError::NonFinite`] when the
    /// forecast is not a price.
    pub fn forecast(&self, prepared: &Prepared) -> Result<Forecast, ForecastError> {
        match (self, &prepared.look) {
            (Self::Lstm(model), ModelLook::Lstm(look)) => model.forecast(&prepared.asked, look),
            (Self::Base(model), ModelLook::Base(look)) => model.forecast_of(&prepared.asked, look),
            _ => Err(ForecastError::Unsuitable("what was prepared is for another kind of model".to_owned())),
        }
    }
}
