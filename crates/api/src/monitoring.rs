//! How this server is doing, in one answer.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use closecast_app::{cache::CacheFigures, limiter::LimiterFigures, metrics::Reading};

/// How this server is doing. Counts and times are those of this program since its start.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Monitoring)]
pub struct MonitoringView {
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

/// What a server measured, at one moment.
pub struct Measured<'a> {
    /// When the server was started.
    pub started_at: DateTime<Utc>,
    /// The moment.
    pub now: DateTime<Utc>,
    /// Requests by method and status.
    pub requests: &'a [(&'static str, usize, u64)],
    /// How long requests took.
    pub latency: Reading,
    /// How long passes of a network took.
    pub inference: Reading,
    /// Forecasts returned.
    pub predictions: u64,
    /// WebSocket connections that are open.
    pub websockets_open: i64,
    /// The queue before computations.
    pub queue: LimiterFigures,
    /// Models that are kept loaded.
    pub models: CacheFigures,
    /// Forecasts that are kept ready.
    pub forecasts: CacheFigures,
    /// Jobs by state; absent when the database does not answer.
    pub jobs: Option<BTreeMap<&'static str, u64>>,
    /// The machine and the process.
    pub system: SystemMeasured,
}

/// The machine and a process, at one moment. What the operating system does not say is absent.
#[derive(Clone, Copy, Debug)]
pub struct SystemMeasured {
    /// Use of all processors, from 0 to 100.
    pub cpu_percent: f64,
    /// Number of processors.
    pub processors: usize,
    /// Memory of the machine.
    pub memory: Capacity,
    /// The disk that holds the data.
    pub disk: Option<Capacity>,
    /// Processor time of the process, in seconds.
    pub process_cpu_seconds: Option<f64>,
    /// Memory of the process, in bytes.
    pub process_resident_bytes: Option<u64>,
    /// Files and connections that the process has open.
    pub process_open_files: Option<u64>,
}

/// How much there is of something, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// All of it.
    pub total: u64,
    /// What is free.
    pub available: u64,
}

impl From<Measured<'_>> for MonitoringView {
    fn from(measured: Measured<'_>) -> Self {
        let queue = measured.queue;
        Self {
            status: if measured.jobs.is_some() { "healthy" } else { "degraded" },
            version: env!("CARGO_PKG_VERSION"),
            started_at: measured.started_at,
            uptime_seconds: (measured.now - measured.started_at).num_seconds(),
            database_reachable: measured.jobs.is_some(),
            requests: RequestsView::new(measured.requests, &measured.latency),
            inference: DurationsView::from(&measured.inference),
            predictions: measured.predictions,
            websockets_open: measured.websockets_open,
            queue: QueueView {
                places: queue.places,
                taken: queue.taken,
                waiting: queue.waiting,
                rejected: queue.rejected,
            },
            models: measured.models.into(),
            forecasts: measured.forecasts.into(),
            jobs: measured.jobs,
            system: measured.system.into(),
        }
    }
}

impl RequestsView {
    fn new(requests: &[(&'static str, usize, u64)], latency: &Reading) -> Self {
        let mut by_status: BTreeMap<String, u64> = BTreeMap::new();
        let (mut total, mut errors) = (0, 0);
        for &(_, status, count) in requests {
            *by_status.entry(status.to_string()).or_default() += count;
            total += count;
            errors += if status >= 500 { count } else { 0 };
        }
        let error_rate = if total > 0 { errors as f64 / total as f64 } else { 0.0 };
        Self { total, by_status, error_rate, latency: DurationsView::from(latency) }
    }
}

impl From<&Reading> for DurationsView {
    fn from(reading: &Reading) -> Self {
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

impl From<SystemMeasured> for SystemView {
    fn from(measured: SystemMeasured) -> Self {
        let SystemMeasured { cpu_percent, processors, process_cpu_seconds, process_resident_bytes, .. } = measured;
        Self {
            cpu_percent,
            processors,
            memory: measured.memory.into(),
            disk: measured.disk.map(Into::into),
            process_cpu_seconds,
            process_resident_bytes,
            process_open_files: measured.process_open_files,
        }
    }
}

impl From<Capacity> for RoomView {
    fn from(Capacity { total, available }: Capacity) -> Self {
        Self { total, used: total.saturating_sub(available), available }
    }
}
