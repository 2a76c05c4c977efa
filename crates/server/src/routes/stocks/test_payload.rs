//! Real closes to try `POST /predict` with.

use axum::{Json, extract::State};
use chrono::NaiveDate;
use closecast_data::export::{self, TestPayload};
use closecast_domain::Symbol;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::state::ServerState;
use crate::{
    extract::Parameters,
    problem::{Problem, ProblemBody, within},
};
use closecast_app::use_cases;

/// Most closes of a body.
const MAX_LOOKBACK: usize = 1000;

/// Of which symbol, and how many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Symbol of the closes.
    #[param(value_type = String, example = "AAPL", max_length = 24, pattern = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")]
    symbol: Symbol,
    /// Newest closes; 60 when absent, fewer when the history is shorter.
    #[param(minimum = 1, maximum = 1000)]
    lookback: Option<usize>,
}

/// A body for `POST /predict`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TestPayload)]
pub(crate) struct Payload {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    /// Date of the last close.
    as_of: NaiveDate,
    /// Closing prices as quoted, oldest first.
    values: Vec<f64>,
}

/// Returns the newest closes of a symbol as a body for `POST /predict`.
#[utoipa::path(get, path = "/api/test-payload", tag = "stocks", params(Asked), responses(
    (status = 200, description = "The body", body = Payload),
    (status = 404, description = "There are no prices of the symbol", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<Asked>,
) -> Result<Json<Payload>, Problem> {
    let lookback = asked.lookback.unwrap_or(60);
    within("lookback", lookback, 1..=MAX_LOOKBACK)?;
    let history = use_cases::history::load(&app, &asked.symbol).await?.history;
    let TestPayload { symbol, as_of, values } = export::test_payload(&history, lookback);
    Ok(Json(Payload { symbol, as_of, values }))
}
