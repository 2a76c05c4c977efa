//! Forecasts: from a window of closes (S0), from a file (S2), of a company of B3 (S2), of a symbol and of several (S3), and of a model
//! that was trained over the interface (S4).

use serde_json::{Value, json};

use crate::{
    place::{closes, prices},
    row::{Row, get, post},
};

/// S0 and S2 read `predicted_close`, others `prediction`.
const PREDICTED: &[&str] = &[
    "symbol, currency: string?",
    "as_of, target_date, source: string",
    "last_close, predicted_close, prediction: number",
    "interval, metrics, naive: object?",
    "quantiles, notes: array",
    "sessions[].date: string",
    "sessions[].predicted_close: number",
    "verdict.code, verdict.sentence, model.name, model.kind, model.sha256: string",
    "model.version, lookback.used: integer",
    "stale: bool",
];

const FORECAST: &[&str] = &[
    "symbol, as_of, target_date: string",
    "currency: string?",
    "last_close, predicted_close: number",
    "interval.level, interval.lower, interval.upper: number",
    "sessions[].date: string",
    "sessions[].quantiles[].level, sessions[].quantiles[].price: number",
    "metrics, naive: object?",
    "verdict.code, model.name, model.kind, model.trained_on.start: string",
    "stale: bool",
];

const BATCH: &[&str] = &["succeeded = 1", "failed = 1", "results[].symbol: string"];

const HISTORY: &[&str] = &[
    "forecasts[].symbol, forecasts[].model.name, forecasts[].as_of, forecasts[].target_date, forecasts[].made_at: string",
    "forecasts[].step: integer",
    "forecasts[].last_close, forecasts[].predicted_close: number",
    "forecasts[].quantiles[].price: number",
    "forecasts[].settled_at: string?",
    "forecasts[].realised_close: number?",
    "forecasts[].error: object?",
    "next: string?",
];

const ACCEPTED: &[&str] = &["job_id, url: string", "status: string", "already_there: bool"];

const JOB: &[&str] = &[
    "job_id, kind, created_at: string",
    "status = \"succeeded\"",
    "payload.symbol, result.model_name, result.run_id: string",
    "progress: object?",
    "error, worker, requested_by, started_at, ended_at: string?",
    "attempt, max_attempts: integer",
    "cancel_requested: bool",
];

/// The bodies of S4's description, word for word.
fn train() -> Value {
    json!({
        "model_name": "disney_v1",
        "symbol": "DIS",
        "start_date": "2018-01-01",
        "end_date": "2025-10-30",
        "epochs": 5,
        "batch_size": 32,
        "prediction_steps": 1
    })
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = windows();
    rows.extend(files());
    rows.extend(companies());
    rows.extend(of_symbols());
    rows.extend(trained());
    rows
}

/// S0: the newest closes of a symbol, as its script writes them, or closes from elsewhere.
fn windows() -> Vec<Row> {
    vec![
        get("/api/test-payload?symbol=AAPL")
            .answers(200, &["symbol = \"AAPL\"", "as_of: string", "values[]: number"])
            .keeps("test_input", ""),
        post("/predict").body("application/json", "{test_input}").answers(200, PREDICTED),
        // The window of S0, for a network that looks at closes alone.
        post("/predict").json(&json!({"values": closes(60), "model": "closes"})).answers(200, PREDICTED),
        post("/predict").json(&json!({"last_60_days": closes(60), "model_name": "closes"})).answers(200, PREDICTED),
        // BASE looks back further than S0's network: its point is the last close all the same.
        post("/predict").json(&json!({"values": closes(60)})).answers(200, PREDICTED),
        post("/predict").json(&json!({"prices": closes(90)})).answers(200, PREDICTED),
        post("/predict").json(&json!(closes(90))).answers(200, PREDICTED),
    ]
}

/// S2: the file that its download writes, in its form and as a body.
fn files() -> Vec<Row> {
    let file = prices("GOOGL", 200);
    vec![
        post("/predict").file("file", "GOOGL_data.csv", &file).answers(200, PREDICTED),
        post("/predict").body("text/csv", &file).answers(200, PREDICTED),
    ]
}

/// S2: a company by its name. The forecast of one whose prices are not stored is among the errors: the price source is down here.
fn companies() -> Vec<Row> {
    vec![
        get("/predict_b3?company=Petrobras").answers(200, PREDICTED),
        post("/predict_b3").json(&json!({"company": "Petrobras"})).answers(200, PREDICTED),
        post("/predict_b3").body("application/x-www-form-urlencoded", "company=PETR4.SA").answers(200, PREDICTED),
    ]
}

/// S3.
fn of_symbols() -> Vec<Row> {
    vec![
        get("/api/predictions/AAPL").answers(200, FORECAST),
        get("/api/predictions/MSFT?model=BASE").answers(200, FORECAST),
        post("/api/predictions/batch").json(&json!({"symbols": ["AAPL", "NOPE"]})).answers(200, BATCH),
        get("/api/predictions/history").answers(200, HISTORY),
        get("/api/predictions/history?symbol=AAPL&limit=1").answers(200, HISTORY),
        get("/api/predictions/history").header("Accept", "text/csv").says("text/csv", &["symbol,model,", "\nAAPL,"]),
    ]
}

/// S4: a training that is asked for, and the forecast of what it made.
fn trained() -> Vec<Row> {
    let predict = json!({"model_name": "disney_v1", "symbol": "DIS", "lookback_days": 60});
    vec![
        post("/train").json(&train()).answers(202, ACCEPTED).keeps("training", "/job_id"),
        post("/train?wait=true&timeout=600").json(&train()).answers(200, JOB).keeps("run", "/result/run_id"),
        get("/api/jobs/{training}").answers(200, JOB),
        get("/api/jobs?kind=train_model")
            .answers(200, &["jobs[].job_id, jobs[].kind, jobs[].status: string", "next: string?"]),
        post("/predict").json(&predict).answers(200, PREDICTED),
    ]
}
