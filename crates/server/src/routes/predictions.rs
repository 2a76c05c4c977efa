//! Forecasts.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::state::ServerState;
use crate::{
    etag,
    extract::{Parameters, SymbolPath},
    fetch_on_demand::fetch_missing,
    forecast_body::ForecastBody,
    model_name::check_model_name,
    problem::{Problem, ProblemBody},
    security::Caller,
};
use closecast_api::forecast::ForecastView;
use closecast_app::{
    access::Role,
    use_cases::forecast::{Freshness, forecast},
};

/// Which forecast.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Model to use; the one named like the symbol when absent.
    #[param(max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    model: Option<String>,
}

/// Forecasts the next sessions of a symbol. A client that sends `Cache-Control: no-cache` gets a forecast that was made for it.
#[utoipa::path(get, path = "/api/predictions/{symbol}", tag = "forecasts",
    params(("symbol" = String, Path, description = "Symbol", example = "AAPL", max_length = 24, pattern = r"^[\^=_]*[A-Za-z0-9][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$"), Asked),
    responses(
        (status = 200, description = "The forecast", body = ForecastView, headers(("etag" = String, description = "Names the text of this answer"))),
        (status = 304, description = "The forecast of If-None-Match still holds"),
        (status = 404, description = "There are no prices of the symbol, or no such model", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The symbol or the model cannot be one, or the prices do not suffice", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The prices are not stored, and the price source does not deliver them (with fetch_missing)", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn show(
    State(app): State<ServerState>,
    SymbolPath(symbol): SymbolPath,
    Parameters(parameters): Parameters<Asked>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_model_name("model", parameters.model.as_deref())?;
    fetch_missing(&app, &symbol, caller.as_deref()).await?;
    let answer = forecast(&app, &symbol, parameters.model.as_deref(), freshness(&headers, caller.as_deref())).await?;
    let body = ForecastBody::of(&answer);
    Ok(etag::respond(body.json.clone(), &body.etag, "application/json", &headers))
}

/// Who has no key where keys are used reads what is kept: to compute anew costs what only those with a key may spend.
fn freshness(headers: &HeaderMap, caller: Option<&Caller>) -> Freshness {
    if caller.is_some_and(|caller| caller.key.is_none() && caller.role == Role::Viewer) {
        return Freshness::Kept;
    }
    let asked = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    if asked.is_some_and(|asked| asked.contains("no-cache")) { Freshness::Anew } else { Freshness::Kept }
}
