//! How this server is doing, in one answer.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    cache::CacheFigures,
    monitor::system::{Room, SystemFigures},
};

/// How this server is doing. Counts and times are those of this program since its start.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Monitoring)]
pub(crate) struct MonitoringView {
    /// `healthy`, or `degraded` when the database does not answer.
    #[schema(example = "healthy")]
    status: &'static str,
    version: &'static str,
    started_at: DateTime<Utc>,
    uptime_seconds: i64,
    database_reachable: bool,
    requests: RequestsView,
    inference: DurationsView,
    /// Forecasts given out.
    predictions: u64,
    websockets_open: i64,
    queue: QueueView,
    models: CacheView,
    forecasts: CacheView,
    /// Jobs by state; absent when the database does not answer.
    jobs: Option<BTreeMap<&'static str, u64>>,
    system: SystemView,
}

/// Requests answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestFigures)]
struct RequestsView {
    total: u64,
    /// Requests by the status of their answer.
    by_status: BTreeMap<String, u64>,
    /// Share of the answers that were errors of this server (status 500 and above), from 0 to 1.
    error_rate: f64,
    latency: DurationsView,
}

/// How long things took, in seconds. Percentiles are estimated from a histogram.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Durations)]
struct DurationsView {
    count: u64,
    mean: Option<f64>,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

/// The queue before arithmetic.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueueFigures)]
struct QueueView {
    /// Forecasts that can be computed at a time.
    places: usize,
    /// Forecasts being computed.
    taken: usize,
    /// Requests that wait.
    waiting: usize,
    /// Requests turned away because too many waited.
    rejected: u64,
}

/// What is kept ready in memory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CacheFigures)]
struct CacheView {
    entries: usize,
    bytes: u64,
    /// Memory that they may take.
    most_bytes: u64,
    /// How often what was needed was there.
    hits: u64,
    /// How often it had to be made.
    misses: u64,
}

/// The machine and this process. Figures that the operating system does not tell are absent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SystemFigures)]
struct SystemView {
    /// Use of all processors, from 0 to 100.
    cpu_percent: f64,
    processors: usize,
    memory: RoomView,
    /// The disk that holds the data.
    disk: Option<RoomView>,
    process_cpu_seconds: Option<f64>,
    process_resident_bytes: Option<u64>,
    process_open_files: Option<u64>,
}

/// How much there is of something, in bytes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Room)]
struct RoomView {
    total: u64,
    used: u64,
    available: u64,
}

impl MonitoringView {
    /// Returns the view; `jobs` is absent when the database does not answer.
    pub(crate) fn new(app: &App, system: &SystemFigures, jobs: Option<BTreeMap<&'static str, u64>>) -> Self {
        let measures = &app.monitor.measures;
        let (started_at, gate) = (app.monitor.started_at, app.gate.figures());
        Self {
            status: if jobs.is_some() { "healthy" } else { "degraded" },
            version: env!("CARGO_PKG_VERSION"),
            started_at,
            uptime_seconds: (app.clock.now() - started_at).num_seconds(),
            database_reachable: jobs.is_some(),
            requests: RequestsView::new(app),
            inference: DurationsView::from(&measures.inference.read()),
            predictions: measures.predictions.total(),
            websockets_open: measures.websockets.value(),
            queue: QueueView { places: gate.places, taken: gate.taken, waiting: gate.waiting, rejected: gate.rejected },
            models: app.models.figures().into(),
            forecasts: app.evenings.figures().into(),
            jobs,
            system: system.into(),
        }
    }
}

impl RequestsView {
    fn new(app: &App) -> Self {
        let requests = &app.monitor.measures.requests;
        let mut by_status: BTreeMap<String, u64> = BTreeMap::new();
        let (mut total, mut errors) = (0, 0);
        for (_, status, count) in requests.counts() {
            *by_status.entry(status.to_string()).or_default() += count;
            total += count;
            errors += if status >= 500 { count } else { 0 };
        }
        let error_rate = if total > 0 { errors as f64 / total as f64 } else { 0.0 };
        Self { total, by_status, error_rate, latency: DurationsView::from(&requests.duration.read()) }
    }
}

impl From<&crate::monitor::Reading> for DurationsView {
    fn from(reading: &crate::monitor::Reading) -> Self {
        Self {
            count: reading.count,
            mean: reading.mean(),
            p50: reading.quantile(0.5),
            p95: reading.quantile(0.95),
            p99: reading.quantile(0.99),
        }
    }
}

impl From<CacheFigures> for CacheView {
    fn from(CacheFigures { entries, bytes, most_bytes, hits, misses }: CacheFigures) -> Self {
        Self { entries, bytes, most_bytes, hits, misses }
    }
}

impl From<&SystemFigures> for SystemView {
    fn from(figures: &SystemFigures) -> Self {
        Self {
            cpu_percent: figures.cpu_percent,
            processors: figures.processors,
            memory: figures.memory.into(),
            disk: figures.disk.map(Into::into),
            process_cpu_seconds: figures.process.cpu_seconds,
            process_resident_bytes: figures.process.resident_bytes,
            process_open_files: figures.open_files,
        }
    }
}

impl From<Room> for RoomView {
    fn from(room: Room) -> Self {
        Self { total: room.total, used: room.used(), available: room.available }
    }
}
