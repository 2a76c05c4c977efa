//! Names and versions in paths.

use axum::{
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
};
use closecast_model::is_model_name;
use serde::de::DeserializeOwned;

use crate::problem::Problem;
use closecast_app::error::AppError;

/// The name of a model in a path. A text that is no name is that of no model: it reaches no database.
#[derive(Debug)]
pub(crate) struct NamePath(pub(crate) String);

/// The name of a model and a version of it in a path.
#[derive(Debug)]
pub(crate) struct VersionPath {
    pub(crate) name: String,
    pub(crate) version: u64,
}

impl<S: Send + Sync> FromRequestParts<S> for NamePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        read::<String, S>(parts, state).await.and_then(checked).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for VersionPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let (name, version) = read::<(String, String), S>(parts, state).await?;
        let name = checked(name)?;
        let number = version.parse().map_err(|_| {
            let detail =
                format!("there is no version {version:?} of the model {name:?}: GET /api/models/{name} lists them");
            Problem::new(StatusCode::NOT_FOUND, detail)
        })?;
        Ok(Self { name, version: number })
    }
}

async fn read<T: DeserializeOwned + Send, S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<T, Problem> {
    let path = Path::<T>::from_request_parts(parts, state).await;
    path.map(|Path(read)| read).map_err(|error| Problem::new(StatusCode::NOT_FOUND, error.body_text()))
}

fn checked(name: String) -> Result<String, Problem> {
    if is_model_name(&name) { Ok(name) } else { Err(AppError::UnknownModel(name).into()) }
}
