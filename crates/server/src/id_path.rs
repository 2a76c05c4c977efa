//! The identifier in a path.

use axum::{
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
};

use super::problem::Problem;

/// The identifier of a job, a run or a key in a path. Not every text can be asked a database for: what cannot be an identifier is not
/// there.
#[derive(Debug)]
pub(super) struct IdPath(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for IdPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|error| Problem::new(StatusCode::NOT_FOUND, error.body_text()))?;
        let unknown = || Problem::new(StatusCode::NOT_FOUND, format!("there is nothing with the identifier {text:?}"));
        uuid::Uuid::try_parse(&text).map(|id| Self(id.to_string())).map_err(|_| unknown())
    }
}
