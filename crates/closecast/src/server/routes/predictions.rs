//! Forecasts.

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use serde::Deserialize;

use crate::{app::App, ops, server::problem::Problem, views::forecast::ForecastView};

#[derive(Debug, Deserialize)]
pub(in crate::server) struct Parameters {
    /// Model to use; the one named like the symbol when absent.
    model: Option<String>,
}

/// Returns the forecast of the next sessions.
pub(in crate::server) async fn forecast(
    State(app): State<App>,
    Path(symbol): Path<String>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<ForecastView>, Problem> {
    let symbol = super::symbol(&symbol)?;
    let Query(parameters) = parameters.map_err(|error| Problem::invalid(error.body_text()))?;
    Ok(Json(ops::forecast::forecast(&app, &symbol, parameters.model.as_deref()).await?))
}
