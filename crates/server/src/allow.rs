//! The allowance of routes that no key guards: signs of life, the description of the interface, pages, and what is no route at all.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::{address, openapi, problem::Problem, time_limit::end_after};
use crate::state::ServerState;

/// What decides about requests that need no key.
#[derive(Clone)]
pub(super) struct OpenRoutes {
    pub(super) app: ServerState,
    /// How long an answer may take.
    pub(super) limit: Duration,
}

/// Lets a request through, or refuses it with status 429 when its address has made too many of them.
pub(super) async fn limit_open(State(open): State<OpenRoutes>, request: Request, next: Next) -> Response {
    let proxies = &open.app.settings.trusted_proxies;
    let address = address::of(request.headers(), request.extensions(), proxies);
    match open.app.security.allowance.take_of_open(address) {
        Ok(()) => end_after(open.limit, request, next).await,
        Err(wait) => openapi::refuse(request.uri().path(), too_many(wait)),
    }
}

/// Returns the answer to an address that has made too many requests.
pub(super) fn too_many(wait: Duration) -> Problem {
    Problem::too_many(wait, "too many requests of this address: ask again later")
}
