//! Fetching new prices.

use axum::{extract::State, response::Response};

use crate::state::ServerState;
use crate::{
    extract::SymbolPath,
    problem::{Problem, ProblemBody},
    queue::{self, By},
};
use closecast_api::job::AcceptedView;
use closecast_app::worker::{JobPayload, RefreshBars};

/// Asks for the newest prices of a symbol, or for all of them when none are stored.
#[utoipa::path(post, path = "/api/stocks/{symbol}/refresh", tag = "stocks",
    params(("symbol" = String, Path, description = "Symbol", example = "AAPL", max_length = 24, pattern = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")),
    responses(
        (status = 202, description = "The job that will fetch them", body = AcceptedView, headers(("location" = String, description = "Where to ask how it stands"))),
        (status = 422, description = "The symbol cannot be one", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn refresh(
    State(app): State<ServerState>,
    SymbolPath(symbol): SymbolPath,
    by: By,
) -> Result<Response, Problem> {
    let work = JobPayload::RefreshBars(RefreshBars { symbols: vec![symbol], exchange: None });
    Ok(queue::accepted(queue::enqueue(&app, &work, by).await?))
}
