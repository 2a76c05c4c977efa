//! Errors as the protocol has them.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{oip::OipError, problem::Problem};
use closecast_api::inference::InferenceErrorView;
use closecast_app::error::AppError;

/// An error answer of the protocol: `{"error": ".."}`.
#[derive(Debug)]
pub(crate) struct Refusal(Problem);

impl Refusal {
    /// Returns a refusal of that status.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self(Problem::new(status, detail))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<AppError> for Refusal {
    fn from(failure: AppError) -> Self {
        Self(failure.into())
    }
}

impl From<OipError> for Refusal {
    fn from(error: OipError) -> Self {
        Self(Problem::invalid(error.to_string()))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // The protocol knows one status for whatever is wrong with a request.
        let status = match self.0.status() {
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            status => status,
        };
        let body = Json(InferenceErrorView { error: self.0.detail().to_owned() });
        self.0.with_body((status, body))
    }
}
