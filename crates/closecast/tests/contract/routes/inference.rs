//! The Open Inference Protocol, version 2.

use serde_json::json;

use crate::{
    place::closes,
    row::{Row, get, post},
};

const MODEL: &[&str] = &[
    "name = \"BASE\"",
    "versions[], platform: string",
    "inputs[].name, inputs[].datatype, outputs[].name, outputs[].datatype: string",
    "inputs[].shape[], outputs[].shape[], parameters.days_needed: integer",
];

const INDEX: &[&str] = &["[].name, [].version, [].state, [].reason: string"];

const INFERRED: &[&str] = &[
    "id = \"seven\"",
    "model_name, model_version: string",
    "parameters: object",
    "outputs[].name, outputs[].datatype: string",
    "outputs[].shape[]: integer",
    "outputs[].data[]: number",
];

pub(super) fn rows() -> Vec<Row> {
    let window = json!({
        "id": "seven",
        "inputs": [{"name": "close", "shape": [1, 90], "datatype": "FP64", "data": closes(90)}]
    });
    vec![
        get("/v2").answers(200, &["name = \"closecast\"", "version, extensions[]: string"]),
        get("/v2/health/live").answers(200, &["live = true"]),
        get("/v2/health/ready").answers(200, &["ready = true"]),
        get("/v2/repository/index").answers(200, INDEX),
        post("/v2/repository/index").json(&json!({})).answers(200, INDEX),
        get("/v2/models/BASE").answers(200, MODEL),
        get("/v2/models/BASE/ready").answers(200, &["name = \"BASE\"", "ready = true"]),
        get("/v2/models/BASE/versions/0").answers(200, MODEL),
        get("/v2/models/BASE/versions/0/ready").answers(200, &["name = \"BASE\"", "ready = true"]),
        post("/v2/models/BASE/infer").json(&window).answers(200, INFERRED),
        post("/v2/models/BASE/versions/0/infer").json(&window).answers(200, INFERRED),
    ]
}
