//! Everything that is measured, as Prometheus reads it.
//!
//! Names and units follow its conventions; those of the older systems stay as they were, so that their queries go on to work.

mod exposition;
mod stored;

pub(crate) use self::exposition::CONTENT_TYPE;
use self::exposition::TextEncoder;
use closecast_api::monitoring::SystemMeasured;

use crate::state::ServerState;
use closecast_app::error::AppError;

/// Returns all figures as text. What the database does not tell is left out, so that the rest is there when it is away.
///
/// # Errors
/// [`AppError::Internal`] when the machine could not be looked at.
pub(crate) async fn render(app: &ServerState) -> Result<String, AppError> {
    let system = app.monitor.machine.figures(&app.options.data_dir).await?;
    let mut text = TextEncoder::default();
    program(&mut text, app, &system);
    requests(&mut text, app);
    queue(&mut text, app);
    caches(&mut text, app);
    stored::write(&mut text, app).await;
    Ok(text.finish())
}

fn program(text: &mut TextEncoder, app: &ServerState, system: &SystemMeasured) {
    let version = [("version", env!("CARGO_PKG_VERSION")), ("instruction_set", closecast_model::instruction_set())];
    text.gauge("closecast_build_info", "Version of the program; always 1.").figure(&version, 1);
    text.counter("process_cpu_seconds_total", "Processor time of all threads since the start.")
        .known(&[], system.process_cpu_seconds);
    text.gauge("process_resident_memory_bytes", "Memory in use.").known(&[], system.process_resident_bytes);
    text.gauge("process_start_time_seconds", "When the program was started, in seconds since 1970.")
        .figure(&[], app.monitor.started_at.timestamp());
    text.gauge("process_open_fds", "Files and connections that are open.").known(&[], system.process_open_files);
}

fn requests(text: &mut TextEncoder, app: &ServerState) {
    let measures = &app.monitor.measures;
    let mut total = text.counter("http_requests_total", "Requests answered.");
    for (method, status, count) in measures.requests.counts() {
        total.figure(&[("method", method), ("status", &status.to_string())], count);
    }
    let duration = measures.requests.duration.read();
    text.histogram("http_request_duration_seconds", "Time from a request to the head of its answer.", &duration);
    text.gauge("closecast_requests_in_flight", "Requests that are being answered, this one among them.")
        .figure(&[], measures.in_flight.value());
    let inference = app.metrics.inference.read();
    text.histogram("model_inference_duration_seconds", "Time that a network took for a forecast.", &inference);
    let mut predictions = text.counter("model_predictions_total", "Forecasts given out.");
    for (symbol, count) in app.metrics.predictions.counts() {
        predictions.figure(&[("symbol", &symbol)], count);
    }
    text.gauge("closecast_websockets_open", "WebSocket connections that are open.")
        .figure(&[], measures.websockets.value());
}

fn queue(text: &mut TextEncoder, app: &ServerState) {
    let gate = app.limiter.figures();
    text.gauge("closecast_queue_places", "Forecasts that can be computed at a time.").figure(&[], gate.places);
    text.gauge("closecast_queue_taken", "Forecasts being computed.").figure(&[], gate.taken);
    text.gauge("closecast_queue_waiting", "Requests that wait for a place.").figure(&[], gate.waiting);
    text.counter("closecast_queue_rejections_total", "Requests turned away because too many waited.")
        .figure(&[], gate.rejected);
}

fn caches(text: &mut TextEncoder, app: &ServerState) {
    let caches = [("models", app.models.figures()), ("forecasts", app.forecasts.figures())];
    let mut hits = text.counter("closecast_cache_hits_total", "Requests that found what they needed ready.");
    caches.iter().for_each(|(name, cache)| _ = hits.figure(&[("cache", name)], cache.hits));
    let mut misses = text.counter("closecast_cache_misses_total", "Requests for which it had to be made.");
    caches.iter().for_each(|(name, cache)| _ = misses.figure(&[("cache", name)], cache.misses));
    let mut entries = text.gauge("closecast_cache_entries", "What is kept ready.");
    caches.iter().for_each(|(name, cache)| _ = entries.figure(&[("cache", name)], cache.entries));
    let mut bytes = text.gauge("closecast_cache_bytes", "Memory that it takes.");
    caches.iter().for_each(|(name, cache)| _ = bytes.figure(&[("cache", name)], cache.bytes));
}
