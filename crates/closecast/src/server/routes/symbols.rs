//! The symbols at hand.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{app::App, failure::Failure, server::problem::Problem};

/// Returns every symbol with stored prices.
pub(in crate::server) async fn list(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let models = app.store.models().list().await.map_err(Failure::from)?;
    let trained: BTreeSet<String> = models.into_iter().map(|version| version.name).collect();
    let series = app.store.bars().list().await.map_err(Failure::from)?;
    let symbols: Vec<Value> = series
        .into_iter()
        .map(|info| {
            json!({
                "symbol": info.symbol,
                "first_date": info.first_date,
                "last_date": info.last_date,
                "rows": info.rows,
                "has_model": trained.contains(info.symbol.as_str()),
            })
        })
        .collect();
    Ok(Json(json!({ "symbols": symbols })))
}
