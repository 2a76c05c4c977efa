//! Keeping a forecast in the database: when it is made, or later while the database cannot be written.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use closecast_domain::Forecast;
use closecast_store::{Store, StoreError};

use crate::{error::AppError, store_state::NotReady};

/// Pause between two attempts to store a forecast.
pub const RETRY: Duration = Duration::from_secs(10);

/// Whether a forecast is in the database.
#[derive(Debug)]
pub struct Record {
    /// A forecast that is not in the database yet.
    pending: tokio::sync::Mutex<Option<Pending>>,
    /// Why it is not.
    warning: Mutex<Option<String>>,
}

#[derive(Debug)]
struct Pending {
    forecast: Forecast,
    tried_at: Instant,
}

impl Record {
    /// Keeps `forecast` in the database. Where it cannot be written now, the result says so, and the forecast can be returned all the same.
    ///
    /// # Errors
    /// [`AppError::Store`] when the database does not answer: no forecast is returned, because a request made soon after may get one
    /// that is stored.
    pub async fn write(store: &Store, now: DateTime<Utc>, forecast: Forecast) -> Result<Self, AppError> {
        let warning = write(store, now, &forecast).await?;
        let pending = warning.is_some().then(|| Pending { forecast, tried_at: Instant::now() });
        Ok(Self { pending: tokio::sync::Mutex::new(pending), warning: Mutex::new(warning) })
    }

    /// Returns why the forecast is not in the database, if it is not.
    pub fn warning(&self) -> Option<String> {
        self.warning.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tries once more to keep a forecast that is not in the database, unless that was tried a moment ago.
    pub async fn retry(&self, store: &Store, now: DateTime<Utc>) {
        if self.warning().is_none() {
            return;
        }
        let Ok(mut pending) = self.pending.try_lock() else { return };
        let Some(waiting) = pending.as_mut().filter(|waiting| waiting.tried_at.elapsed() >= RETRY) else { return };
        let tried = write(store, now, &waiting.forecast).await;
        waiting.tried_at = Instant::now();
        if let Ok(warning) = tried {
            if warning.is_none() {
                *pending = None;
            }
            *self.warning.lock().unwrap_or_else(PoisonError::into_inner) = warning;
        }
    }
}

/// Writes a forecast, and returns what to tell if the database cannot be written.
async fn write(store: &Store, now: DateTime<Utc>, forecast: &Forecast) -> Result<Option<String>, AppError> {
    let Err(error) = store.forecasts().record(forecast, now).await else { return Ok(None) };
    if error.is_transient() && !matches!(error, StoreError::Busy(_)) {
        return Err(error.into());
    }
    tracing::error!(%error, symbol = %forecast.symbol, "a forecast is not stored");
    let reason = match NotReady::from(&error) {
        NotReady::NoAnswer => "the database cannot be written".to_owned(),
        reason => reason.to_string(),
    };
    Ok(Some(format!(
        "this forecast is not stored, because {reason}: it will be missing from the history of forecasts and from the figures of its model"
    )))
}
