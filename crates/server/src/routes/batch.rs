//! Forecasts of several symbols at once.

use axum::{Json, extract::State};
use closecast_domain::Symbol;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::state::ServerState;
use crate::{
    auth,
    extract::JsonBody,
    forecast_body::ForecastBody,
    model_name::check_model_name,
    problem::{Problem, ProblemBody},
    queue::By,
};
use closecast_api::batch::{BatchEntryView, BatchErrorView, BatchView};
use closecast_app::{
    error::AppError,
    use_cases::forecast_batch::{Answers, forecast_batch},
};

/// Most symbols of a batch.
const MOST: usize = 500;

/// Symbols that count as one more request of the caller's allowance.
const SYMBOLS_PER_UNIT: usize = 20;

/// Which forecasts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ForecastBatchRequest)]
pub(crate) struct BatchRequest {
    /// Symbols, each answered by itself: one that cannot be forecast does not spoil the others.
    #[schema(min_items = 1, max_items = 500, example = json!(["AAPL", "PETR4.SA"]))]
    symbols: Vec<String>,
    /// Model for all of them; each symbol's own, or BASE, when absent.
    #[schema(example = "BASE", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    model: Option<String>,
}

/// Forecasts several symbols, each with a result or an error of its own, in the order asked for.
#[utoipa::path(post, path = "/api/predictions/batch", tag = "forecasts", request_body = BatchRequest, responses(
    (status = 200, description = "A forecast or an error for each symbol", body = BatchView),
    (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
    (status = 415, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn forecast(
    State(app): State<ServerState>,
    by: By,
    JsonBody(request): JsonBody<BatchRequest>,
) -> Result<Json<BatchView>, Problem> {
    let count = request.symbols.len();
    if !(1..=MOST).contains(&count) {
        return Err(Problem::invalid(format!("symbols has {count} entries, but must have from 1 to {MOST}")));
    }
    check_model_name("model", request.model.as_deref())?;
    auth::charge(&app, by.as_deref(), count / SYMBOLS_PER_UNIT)?;
    let read: Vec<_> = request.symbols.iter().map(|text| Symbol::new(text)).collect();
    let symbols: Vec<Symbol> = read.iter().flatten().cloned().collect();
    let answers = forecast_batch(&app, &symbols, request.model.as_deref()).await;
    let entry = |(text, symbol)| match symbol {
        Ok(symbol) => answered(&symbol, &answers),
        Err(error) => failed(text, &AppError::Symbol(error)),
    };
    let results: Vec<BatchEntryView> = request.symbols.into_iter().zip(read).map(entry).collect();
    let succeeded = results.iter().filter(|entry| entry.forecast.is_some()).count();
    Ok(Json(BatchView { succeeded, failed: count - succeeded, results }))
}

fn answered(symbol: &Symbol, answers: &Answers) -> BatchEntryView {
    match answers.get(symbol) {
        Some(Ok(answer)) => BatchEntryView {
            symbol: symbol.to_string(),
            forecast: Some(ForecastBody::of(answer).view.clone()),
            error: None,
        },
        Some(Err(failure)) => failed(symbol.to_string(), failure),
        None => failed(symbol.to_string(), &AppError::Internal("a symbol was left out".to_owned())),
    }
}

fn failed(symbol: String, failure: &AppError) -> BatchEntryView {
    let problem = Problem::from(failure);
    let error = BatchErrorView { status: problem.status().as_u16(), detail: problem.detail().to_owned() };
    BatchEntryView { symbol, forecast: None, error: Some(error) }
}
