//! Forecasts.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::Deserialize;

use crate::{
    app::App,
    ops,
    server::{problem::Problem, routes::SymbolPath},
    views::forecast::ForecastView,
};

#[derive(Debug, Deserialize)]
pub(in crate::server) struct Parameters {
    /// Model to use; the one named like the symbol when absent.
    model: Option<String>,
}

/// Returns the forecast of the next sessions.
pub(in crate::server) async fn forecast(
    State(app): State<App>,
    SymbolPath(symbol): SymbolPath,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<ForecastView>, Problem> {
    let Query(parameters) = parameters.map_err(|error| Problem::invalid(error.body_text()))?;
    Ok(Json(ops::forecast::forecast(&app, &symbol, parameters.model.as_deref()).await?))
}
