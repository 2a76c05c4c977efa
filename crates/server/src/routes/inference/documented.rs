//! What a request for inference and its answer look like, for the description of the interface: both are read and written field by
//! field, since binary tensors follow them.

use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::examples;

/// A request for inference.
#[derive(ToSchema)]
#[schema(example = json!({ "inputs": [{ "name": "close", "shape": [1, 60], "datatype": "FP64", "data": examples::closes(60) }] }))]
#[expect(dead_code, reason = "it describes a body that is read field by field, with binary tensors after it")]
pub(super) struct InferenceRequest {
    /// Given back in the answer.
    #[schema(max_length = 256)]
    id: Option<String>,
    /// `symbol` of the prices, `as_of` (date of the last day), `binary_data_output`.
    #[schema(value_type = Option<Object>, example = json!({"symbol": "AAPL"}))]
    parameters: Option<Map<String, Value>>,
    /// `close`, and besides `open`, `high` and `low` together, and `volume`; all of one shape, oldest day first.
    #[schema(min_items = 1, max_items = 16)]
    inputs: Vec<InferenceInput>,
    /// `point`, `quantiles` and `levels`; all that there are when absent.
    #[schema(max_items = 16)]
    outputs: Option<Vec<InferenceRequestedOutput>>,
}

/// A tensor of a request.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(super) struct InferenceInput {
    #[schema(example = "close", pattern = "^(close|open|high|low|volume)$")]
    name: String,
    /// `[days]` or `[batch, days]`; a batch of 64 at most.
    #[schema(min_items = 1, max_items = 2, example = json!([1, 90]))]
    shape: Vec<u64>,
    /// `FP64`, `FP32`, `INT64` or `INT32`.
    #[schema(example = "FP64", pattern = "^(FP64|FP32|INT64|INT32)$")]
    datatype: String,
    /// `binary_data_size`, for a tensor after the header.
    #[schema(value_type = Option<Object>)]
    parameters: Option<Map<String, Value>>,
    /// Numbers, nested or in one array.
    #[schema(value_type = Option<Vec<f64>>)]
    data: Option<Vec<f64>>,
}

/// A tensor that is asked for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(super) struct InferenceRequestedOutput {
    #[schema(example = "point", pattern = "^(point|quantiles|levels)$")]
    name: String,
    /// `binary_data`: whether the tensor is to follow the header.
    #[schema(value_type = Option<Object>)]
    parameters: Option<Map<String, Value>>,
}

/// An answer to a request for inference; binary tensors follow it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is written field by field")]
pub(super) struct InferenceAnswer {
    model_name: String,
    model_version: String,
    id: Option<String>,
    /// `symbol`, `as_of`, `dates` and `notes`.
    #[schema(value_type = Object)]
    parameters: Map<String, Value>,
    #[schema(value_type = Vec<Object>)]
    outputs: Vec<Value>,
}
