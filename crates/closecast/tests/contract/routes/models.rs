//! Models and the runs that made them; and training them again, which S3 has.

use serde_json::json;

use crate::row::{Row, get, post};

const MODELS: &[&str] = &[
    "models[].name, models[].in_service.model.sha256, models[].in_service.verdict.code: string",
    "models[].champion, models[].in_service.size_bytes: integer",
    "models[].challenger: integer?",
    "models[].in_service.metrics, models[].in_service.naive: object?",
    "next: string?",
];

const MODEL: &[&str] = &[
    "name = \"AAPL\"",
    "champion = 1",
    "challenger = 2",
    "versions[].model.name, versions[].features[], versions[].data_fingerprint: string",
    "versions[].alias, versions[].run_id: string?",
    "next: integer?",
];

const VERSION: &[&str] = &[
    "model.version = 2",
    "alias = \"challenger\"",
    "symbol = \"AAPL\"",
    "metrics.test.mae, naive.test.mae: number",
    "data_range.start, data_range.end: string",
];

const EVENTS: &[&str] = &[
    "events[].id, events[].version: integer",
    "events[].action, events[].at: string",
    "events[].previous: integer?",
    "events[].forced: bool",
    "events[].actor: string?",
    "next: integer?",
];

const CHALLENGE: &[&str] =
    &["name = \"AAPL\"", "champion, challenger: integer", "promoted = true", "forced = true", "evidence: object?"];

const RUN: &[&str] = &[
    "name = \"disney_v1\"",
    "symbol = \"DIS\"",
    "run_id, kind, status, code_version, started_at: string",
    "parameters, metrics: object",
    "system: object?",
    "steps[].key, log[].message, log[].level: string",
    "steps[].value: number",
    "error, job_id, ended_at: string?",
];

const ACCEPTED: &[&str] = &["job_id, status, url: string", "already_there: bool"];

pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/api/models").answers(200, MODELS),
        get("/api/models?symbol=AAPL&limit=1").answers(200, MODELS),
        get("/api/models/AAPL").answers(200, MODEL),
        get("/api/models/AAPL/versions/2").answers(200, VERSION),
        get("/api/models/AAPL/versions/2/artifact")
            .has(200, &["content-type: application/octet-stream", "x-checksum-sha256: "]),
        post("/api/models/AAPL/promote").json(&json!({"force": true})).answers(200, CHALLENGE),
        post("/api/models/AAPL/rollback").answers(200, &["name = \"AAPL\"", "previous = 2", "champion = 1"]),
        get("/api/models/AAPL/events").answers(200, EVENTS),
        get("/api/runs?symbol=DIS")
            .answers(200, &["runs[].run_id, runs[].name, runs[].kind, runs[].status: string", "next: string?"]),
        get("/api/runs/{run}").answers(200, RUN),
        post("/api/models/AAPL/retrain").answers(202, ACCEPTED),
        post("/api/retrain").json(&json!({"symbol": "AAPL"})).answers(202, ACCEPTED),
    ]
}
