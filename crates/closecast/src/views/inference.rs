//! What the Open Inference Protocol answers about this server and its models.

use serde::Serialize;
use utoipa::ToSchema;

/// The server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceServer)]
pub(crate) struct InferenceServerView {
    #[schema(example = "closecast")]
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) extensions: Vec<&'static str>,
}

/// A model: what it takes and gives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceModel)]
pub(crate) struct InferenceModelView {
    #[schema(example = "BASE")]
    pub(crate) name: String,
    /// Versions that can be asked; the first one is asked when none is named.
    #[schema(example = json!(["0"]))]
    pub(crate) versions: Vec<String>,
    /// Always `closecast`.
    #[schema(example = "closecast")]
    pub(crate) platform: &'static str,
    pub(crate) inputs: Vec<InferenceTensorView>,
    pub(crate) outputs: Vec<InferenceTensorView>,
    pub(crate) parameters: InferenceParametersView,
}

/// What the shapes do not say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceParameters)]
pub(crate) struct InferenceParametersView {
    /// Days that a window must have at least.
    #[schema(example = 90)]
    pub(crate) days_needed: usize,
    /// Sessions that are forecast.
    #[schema(example = 5)]
    pub(crate) horizon: usize,
    /// `none`, `spread` or `everything`: what cannot be forecast without open, high and low.
    #[schema(example = "spread")]
    pub(crate) needs_ranges_for: &'static str,
}

/// A tensor. An axis of −1 may have any length.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceTensor)]
pub(crate) struct InferenceTensorView {
    #[schema(example = "close")]
    pub(crate) name: &'static str,
    #[schema(example = "FP64")]
    pub(crate) datatype: &'static str,
    #[schema(example = json!([-1, -1]))]
    pub(crate) shape: Vec<i64>,
}

/// A version of a model in the repository.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceIndexEntry)]
pub(crate) struct InferenceIndexView {
    #[schema(example = "BASE")]
    pub(crate) name: String,
    #[schema(example = "0")]
    pub(crate) version: String,
    /// Always `READY`: a model is read when it is asked for.
    #[schema(example = "READY")]
    pub(crate) state: &'static str,
    pub(crate) reason: &'static str,
}

/// Whether the process answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceLive)]
pub(crate) struct LiveView {
    pub(crate) live: bool,
}

/// Whether questions can be answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceReady)]
pub(crate) struct ReadyView {
    pub(crate) ready: bool,
}

/// Whether a model can be asked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceModelReady)]
pub(crate) struct ModelReadyView {
    pub(crate) name: String,
    pub(crate) ready: bool,
}

/// An error as the protocol has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceError)]
pub(crate) struct InferenceErrorView {
    /// What is wrong, and what to do.
    #[schema(example = "input \"close\": is missing")]
    pub(crate) error: String,
}
