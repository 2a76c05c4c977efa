//! What the Open Inference Protocol answers about this server and its models.

use serde::Serialize;
use utoipa::ToSchema;

/// The server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceServer)]
pub struct InferenceServerView {
    #[schema(example = "closecast")]
    pub name: &'static str,
    pub version: &'static str,
    pub extensions: Vec<&'static str>,
}

/// A model: what it takes and gives.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceModel)]
pub struct InferenceModelView {
    #[schema(example = "BASE")]
    pub name: String,
    /// Versions that can be asked; the first one is asked when none is named.
    #[schema(example = json!(["0"]))]
    pub versions: Vec<String>,
    /// Always `closecast`.
    #[schema(example = "closecast")]
    pub platform: &'static str,
    pub inputs: Vec<InferenceTensorView>,
    pub outputs: Vec<InferenceTensorView>,
    pub parameters: InferenceParametersView,
}

/// What the shapes do not say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceParameters)]
pub struct InferenceParametersView {
    /// Days that a window must have at least.
    #[schema(example = 90)]
    pub days_needed: usize,
    /// Sessions that are forecast.
    #[schema(example = 5)]
    pub horizon: usize,
    /// `none`, `spread` or `everything`: what cannot be forecast without open, high and low.
    #[schema(example = "spread")]
    pub needs_ranges_for: &'static str,
}

/// A tensor. An axis of −1 may have any length.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceTensor)]
pub struct InferenceTensorView {
    #[schema(example = "close")]
    pub name: &'static str,
    #[schema(example = "FP64")]
    pub datatype: &'static str,
    #[schema(example = json!([-1, -1]))]
    pub shape: Vec<i64>,
}

/// A version of a model in the repository.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceIndexEntry)]
pub struct InferenceIndexView {
    #[schema(example = "BASE")]
    pub name: String,
    #[schema(example = "0")]
    pub version: String,
    /// Always `READY`: a model is read when it is asked for.
    #[schema(example = "READY")]
    pub state: &'static str,
    pub reason: &'static str,
}

/// Whether the process answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceLive)]
pub struct LiveView {
    pub live: bool,
}

/// Whether questions can be answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceReady)]
pub struct ReadyView {
    pub ready: bool,
}

/// Whether a model can be asked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceModelReady)]
pub struct ModelReadyView {
    pub name: String,
    pub ready: bool,
}

/// An error as the protocol has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InferenceError)]
pub struct InferenceErrorView {
    /// What is wrong, and what to do.
    #[schema(example = "input \"close\": is missing")]
    pub error: String,
}
