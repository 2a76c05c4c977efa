//! Signs of life, figures, pages, and news. S0 to S4 all have `/docs`; S0 to S3 have `/metrics`, S3 at three addresses.

use crate::row::{Row, get};

/// The figures whose names the dashboards of the earlier systems ask for.
const FIGURES: &[&str] = &[
    "\nhttp_requests_total{",
    "method=\"GET\"",
    "status=\"200\"",
    "\nhttp_request_duration_seconds_bucket{",
    "\nmodel_inference_duration_seconds_bucket{",
    "# TYPE model_predictions_total counter",
    "# TYPE model_prediction_error_absolute",
    "\nprocess_cpu_seconds_total ",
    "\nprocess_resident_memory_bytes ",
];

const EXPOSITION: &str = "text/plain; version=0.0.4";

const MONITORING: &[&str] = &[
    "status = \"healthy\"",
    "version, started_at: string",
    "uptime_seconds, requests.total, predictions: integer",
    "requests.by_status: object",
    "requests.error_rate, system.cpu_percent: number",
    "requests.latency.mean, requests.latency.p95, inference.mean: number?",
    "system.memory.total, system.memory.used: integer",
    "system.disk, jobs: object?",
    "system.process_resident_bytes: integer?",
];

pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/livez").says("text/plain", &["ok"]),
        get("/readyz").says("text/plain", &["ok"]),
        get("/health").answers(200, &["status = \"healthy\"", "version: string"]),
        get("/metrics").says(EXPOSITION, FIGURES),
        get("/api/monitoring/metrics").says(EXPOSITION, FIGURES),
        get("/api/v1/metrics/prometheus").says(EXPOSITION, FIGURES),
        get("/api/monitoring").answers(200, MONITORING),
        get("/").says("text/html", &["<html"]),
        get("/docs").says("text/html", &["swagger-ui"]),
        get("/redoc").says("text/html", &["redoc"]),
        get("/static/app.css").says("text/css", &["{"]),
        get("/openapi.json").answers(
            200,
            &["openapi = \"3.1.0\"", "info.title, info.version: string", "paths, components.schemas: object"],
        ),
        // The key and its answer are those of RFC 6455.
        get("/ws")
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .has(101, &["upgrade: websocket", "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="]),
    ]
}
