//! What became of the forecasts of a symbol, from the database.

use closecast_domain::Symbol;
use closecast_eval::{SettledForecast, TrackRecord};
use closecast_store::{SettledFilter, StoredForecast};

use super::judged;
use crate::{error::AppError, services::Services};

/// Returns what became of the newest `limit` settled forecasts of `symbol` by the model of that name, or by any; `None` when none
/// is settled.
///
/// # Errors
/// [`AppError::Store`] when the database cannot be read, [`AppError::Forecast`] when a stored price is none.
pub async fn track_record(
    app: &Services,
    symbol: &Symbol,
    model_name: Option<&str>,
    limit: u64,
) -> Result<Option<TrackRecord>, AppError> {
    let filter = SettledFilter { model_name: model_name.map(str::to_owned), from: None };
    let newest_first = app.store.forecasts().settled(symbol, &filter, limit).await?;
    let settled: Vec<SettledForecast> = newest_first.into_iter().rev().filter_map(settled).collect();
    judged(&settled)
}

fn settled(stored: StoredForecast) -> Option<SettledForecast> {
    Some(SettledForecast {
        date: stored.target_date,
        last_close: stored.last_close,
        point: stored.point,
        quantiles: stored.quantiles,
        close: stored.realised_close?,
    })
}
