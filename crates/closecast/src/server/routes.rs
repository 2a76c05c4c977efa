//! The routes, one file a resource.

pub(super) mod health;
pub(super) mod jobs;
pub(super) mod predictions;
pub(super) mod stocks;
pub(super) mod symbols;
pub(super) mod train;

use axum::{extract::FromRequestParts, extract::Path, http::request::Parts};
use closecast_domain::Symbol;

use super::problem::Problem;

/// The symbol in a path.
#[derive(Debug)]
pub(super) struct SymbolPath(pub(super) Symbol);

impl<S: Send + Sync> FromRequestParts<S> for SymbolPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|error| Problem::invalid(format!("symbol: {}", error.body_text())))?;
        Symbol::new(&text).map(Self).map_err(|error| Problem::invalid(format!("symbol: {error}")))
    }
}
