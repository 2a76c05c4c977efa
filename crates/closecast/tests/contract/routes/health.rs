//! How models are doing (S3), and what a person should look at.

use crate::row::{Row, get};

const HEALTH: &[&str] = &[
    "symbol, model.name, model.sha256, as_of, status, examined_at: string",
    "score, components[].score: number?",
    "weight_judged, components[].weight: number",
    "components[].component, components[].status, components[].summary: string",
    "components[].evidence: object",
    "components[].recommendation: string?",
    "recommendations: array",
];

const DRIFT: &[&str] = &[
    "days, total, offset, reports[].drifted: integer",
    "false_discovery_rate, notable_shift: number",
    "reports[].symbol: string",
    "reports[].model: object?",
    "reports[].reason: string?",
    "reports[].features: array",
];

const DRIFT_OF_ONE: &[&str] = &[
    "total = 1",
    "reports[].model.name, reports[].from, reports[].to, reports[].features[].feature: string",
    "reports[].features[].z, reports[].features[].shift, reports[].features[].adjusted_p_value: number",
    "reports[].features[].drifted: bool",
];

const OVERVIEW: &[&str] = &[
    "total, offset: integer",
    "by_status: object",
    "models[].symbol, models[].status: string",
    "models[].score: number?",
    "models[].components: object",
    "models[].findings: array",
];

const QUALITY: &[&str] = &[
    "total, offset, symbols[].rows_delivered, symbols[].rows_kept, symbols[].errors, symbols[].warnings: integer",
    "symbols[].symbol: string",
    "symbols[].score: number?",
    "symbols[].reason, symbols[].last_date: string?",
    "symbols[].stale: bool",
    "symbols[].defects: array",
];

const DISTRIBUTION: &[&str] = &[
    "symbol, model.name, status: string",
    "days, days_needed: integer",
    "first_date, last_date: string?",
    "errors, naive, bias, forecast_returns, realised_returns, pit: object?",
    "intervals, points: array",
];

pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/api/ml-health/health/AAPL").answers(200, HEALTH),
        get("/api/ml-health/drift-report").answers(200, DRIFT),
        get("/api/ml-health/drift-report?symbol=AAPL&days=90").answers(200, DRIFT_OF_ONE),
        get("/api/ml-health/overview").answers(200, OVERVIEW),
        get("/api/ml-health/data-quality").answers(200, QUALITY),
        get("/api/ml-health/data-quality?symbol=PETR4.SA").answers(200, QUALITY),
        get("/api/ml-health/prediction-distribution/AAPL").answers(200, DISTRIBUTION),
        get("/api/alerts?open_only=true").answers(200, &["alerts: array"]),
    ]
}
