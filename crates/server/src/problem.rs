//! Errors as RFC 9457 problem documents, which clients of FastAPI services can read too: both have `detail`.

use std::{any::Any, fmt, ops::RangeInclusive, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use closecast_data::provider::ProviderError;
use closecast_eval::promotion::PromotionError;
use closecast_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use super::model_name::NotAName;
use closecast_app::error::AppError;

/// An error answer.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    /// Seconds after which the same may work.
    retry_after: Option<u64>,
}

/// Seconds after which a client may ask again.
const RETRY_AFTER: u64 = 5;

/// An error (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemBody {
    /// Always `about:blank`: the status says of which kind the error is.
    r#type: &'static str,
    /// Name of the status.
    #[schema(example = "Unprocessable Entity")]
    title: &'static str,
    /// Status of the answer.
    #[schema(example = 422)]
    status: u16,
    /// What is wrong, and what to do.
    #[schema(example = "limit is 0, but must be from 1 to 500")]
    detail: String,
}

impl Problem {
    /// Returns an answer to input that is wrong; `detail` names the field.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, detail: detail.into(), retry_after: None }
    }

    /// Returns an answer to one who asks too often and may ask again after `wait`.
    pub(super) fn too_many(wait: Duration, detail: impl Into<String>) -> Self {
        // Rounded up: who comes back at the very second is not to be refused again.
        let retry_after = Some(wait.as_secs() + 1);
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    /// Says that the same may work in a few seconds.
    pub(super) fn later(self) -> Self {
        Self { retry_after: Some(RETRY_AFTER), ..self }
    }

    /// Returns the status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns what is wrong, and what to do.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// Returns an answer to who may ask for the same in a few seconds.
    pub(super) fn busy(detail: impl Into<String>) -> Self {
        Self { retry_after: Some(RETRY_AFTER), ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    /// Returns an answer of another form to the same problem, with when to ask again if the same may work then.
    pub(super) fn with_body(&self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"closecast\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    /// Returns an answer of `status`.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), retry_after: None }
    }
}

/// Refuses a number out of its range, by the name of its field.
///
/// # Errors
/// A problem of status 422.
pub(super) fn within<T: PartialOrd + fmt::Display + Copy>(
    field: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), Problem> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Problem::invalid(format!("{field} is {value}, but must be from {} to {}", range.start(), range.end())))
}

impl From<NotAName> for Problem {
    fn from(wrong: NotAName) -> Self {
        Self::invalid(wrong.to_string())
    }
}

impl From<AppError> for Problem {
    fn from(failure: AppError) -> Self {
        Self::from(&failure)
    }
}

impl From<&AppError> for Problem {
    fn from(failure: &AppError) -> Self {
        let status = match failure.cause() {
            AppError::NoHistory(symbol) => {
                return Self::new(
                    StatusCode::NOT_FOUND,
                    format!(
                        "there are no prices of {symbol}: POST /api/stocks/{symbol}/refresh fetches them, POST /api/stocks/{symbol}/upload takes a file of them; on this machine `closecast fetch {symbol}` does the first"
                    ),
                );
            }
            AppError::UnknownModel(name) => {
                let detail = format!("there is no model {name:?}: GET /api/models lists them, POST /train makes one");
                return Self::new(StatusCode::NOT_FOUND, detail);
            }
            AppError::NoModel { name, symbol } => {
                let detail = format!(
                    "there is no model {name:?}: POST /train makes one, as does `closecast train {symbol}` on this machine"
                );
                return Self::new(StatusCode::NOT_FOUND, detail);
            }
            AppError::NoJob(_)
            | AppError::NoKey(_)
            | AppError::NoRun(_)
            | AppError::Store(StoreError::NoVersion { .. }) => StatusCode::NOT_FOUND,
            AppError::Store(StoreError::NotFirstKey) => StatusCode::UNAUTHORIZED,
            AppError::NoChallenger(_)
            | AppError::Shorter { .. }
            | AppError::Promotion(PromotionError::NoHistory)
            | AppError::Store(StoreError::NoEarlierChampion { .. } | StoreError::ChampionChanged { .. }) => {
                StatusCode::CONFLICT
            }
            AppError::Symbol(_)
            | AppError::Usage(_)
            | AppError::Spec(_)
            | AppError::Import(_)
            | AppError::Stream(_)
            | AppError::History(_) => StatusCode::UNPROCESSABLE_ENTITY,
            AppError::Forecast(_) => StatusCode::UNPROCESSABLE_ENTITY,
            AppError::Provider(ProviderError::UnknownSymbol { .. } | ProviderError::NoData { .. }) => {
                StatusCode::NOT_FOUND
            }
            AppError::Provider(_) => StatusCode::BAD_GATEWAY,
            AppError::Busy => {
                return Self::busy(failure.to_string());
            }
            AppError::Store(StoreError::Full(_)) => {
                tracing::error!(error = %failure, "a request failed");
                let detail =
                    "the disk of the database is full: what was asked could not be kept; make room and ask again";
                return Self { retry_after: Some(RETRY_AFTER), ..Self::new(StatusCode::INSUFFICIENT_STORAGE, detail) };
            }
            AppError::Store(StoreError::Replaced { .. } | StoreError::Damaged { .. }) => {
                tracing::error!(error = %failure, "a request failed");
                let detail = "the database file was deleted, replaced or damaged: what was asked could not be kept; the log says what to do";
                return Self { retry_after: Some(RETRY_AFTER), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) };
            }
            AppError::Artifact(_)
            | AppError::Store(StoreError::BlobMissing { .. } | StoreError::BlobDamaged { .. }) => {
                tracing::error!(error = %failure, "a request failed");
                let detail = "the artifact of the model in service is missing or damaged: `closecast doctor` says which, and what to do";
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, detail);
            }
            _ if failure.is_transient() => {
                tracing::error!(error = %failure, "a request failed");
                let detail = "the database or the artifact store does not answer; try again in a moment";
                return Self { retry_after: Some(RETRY_AFTER), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) };
            }
            _ => {
                // The text may name files and folders of this machine: it goes to the log and not to the client.
                tracing::error!(error = %failure, "a request failed");
                let detail = "the request could not be answered because of an internal error; the log has the reason";
                return Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail);
            }
        };
        Self::new(status, failure.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
        };
        let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))];
        self.with_body((self.status, content_type, Json(body)))
    }
}

pub(super) fn after_panic(_panic: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error; the log has the reason").into_response()
}
