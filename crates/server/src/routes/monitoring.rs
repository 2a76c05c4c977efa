//! Figures of this server, for Prometheus and for people.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::state::ServerState;
use crate::{monitor::prometheus, problem::Problem};
use closecast_api::monitoring::{Measured, MonitoringView};

/// How long the answer waits for the database.
const DATABASE_PATIENCE: Duration = Duration::from_secs(2);

/// Figures in the text format of Prometheus: requests, inference, forecasts and their errors beside naive's, models, prices, jobs,
/// caches, and this process.
#[utoipa::path(get, path = "/metrics", tag = "monitoring", operation_id = "metrics",
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(app): State<ServerState>) -> Result<Response, Problem> {
    let text = prometheus::render(&app).await?;
    Ok(([(header::CONTENT_TYPE, prometheus::CONTENT_TYPE)], text).into_response())
}

/// The same as `/metrics`, where older systems have it.
#[utoipa::path(get, path = "/api/monitoring/metrics", tag = "monitoring", operation_id = "metrics_under_monitoring",
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics_under_monitoring(app: State<ServerState>) -> Result<Response, Problem> {
    metrics(app).await
}

/// The same as `/metrics`, where older systems have it.
#[utoipa::path(get, path = "/api/v1/metrics/prometheus", tag = "monitoring", operation_id = "metrics_under_v1",
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")))]
pub(crate) async fn metrics_under_v1(app: State<ServerState>) -> Result<Response, Problem> {
    metrics(app).await
}

/// How this server is doing: requests and their latency, caches, jobs, processor, memory and disk. It answers also when the database
/// does not: then `status` is `degraded`, `database_reachable` is false and `jobs` is null. Until the database answers again, a key
/// that opened before opens this route.
#[utoipa::path(get, path = "/api/monitoring", tag = "monitoring", operation_id = "monitoring",
    responses((status = 200, description = "The figures", body = MonitoringView)))]
pub(crate) async fn show(State(app): State<ServerState>) -> Result<Json<MonitoringView>, Problem> {
    let system = app.monitor.machine.figures(&app.options.data_dir).await?;
    let jobs = match tokio::time::timeout(DATABASE_PATIENCE, app.store.jobs().counts()).await {
        Ok(Ok(jobs)) => Some(jobs),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the database does not answer");
            None
        }
        Err(_late) => {
            tracing::warn!("the database does not answer within {DATABASE_PATIENCE:?}");
            None
        }
    };
    let measures = &app.monitor.measures;
    Ok(Json(MonitoringView::from(Measured {
        started_at: app.monitor.started_at,
        now: app.clock.now(),
        requests: &measures.requests.counts(),
        latency: measures.requests.duration.read(),
        inference: app.metrics.inference.read(),
        predictions: app.metrics.predictions.total(),
        websockets_open: measures.websockets.value(),
        queue: app.limiter.figures(),
        models: app.models.figures(),
        forecasts: app.forecasts.figures(),
        jobs,
        system: *system,
    })))
}
