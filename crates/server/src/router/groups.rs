//! The list of routes, in groups by what they ask of their caller.

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::TIMEOUT;
use crate::state::ServerState;
use crate::{
    access::Access,
    openapi,
    routes::{
        alerts, b3, batch, health,
        inference::{self, infer},
        jobs, keys, live, ml_health, models, monitoring, predict, prediction_history, predictions, retrain, runs,
        stocks, symbols, train,
    },
};

/// How long a request may take that sends a file.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);

/// The same for one that compares models, or waits for the end of a training, which a client may ask for ten minutes long.
const LONG_TIMEOUT: Duration = Duration::from_secs(660);

/// Returns the routes of the interface, with their description.
pub(super) fn described(app: &ServerState) -> OpenApiRouter<ServerState> {
    OpenApiRouter::with_openapi(openapi::about())
        .merge(Access::Open.group(app, TIMEOUT, signs_of_life()))
        .merge(Access::Read.group(app, TIMEOUT, read()))
        .merge(Access::Monitor.group(app, TIMEOUT, monitor()))
        .merge(Access::Compute.group(app, TIMEOUT, compute()))
        .merge(Access::Change.group(app, TIMEOUT, change()))
        .merge(Access::Administer.group(app, TIMEOUT, administer()))
        .merge(Access::Change.group(app, UPLOAD_TIMEOUT, uploads()))
        .merge(Access::Change.group(app, LONG_TIMEOUT, change_at_length()))
}

fn signs_of_life() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::health))
        .routes(routes!(inference::server))
        .routes(routes!(inference::live))
        .routes(routes!(inference::ready))
}

fn read() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(symbols::list))
        .routes(routes!(stocks::history))
        .routes(routes!(stocks::popular::list))
        .routes(routes!(stocks::compare::compare))
        .routes(routes!(stocks::test_payload::show))
        .routes(routes!(predictions::show))
        .routes(routes!(prediction_history::list))
        .routes(routes!(b3::companies))
        .routes(routes!(inference::index, inference::index_posted))
        .routes(routes!(inference::metadata))
        .routes(routes!(inference::metadata_of_version))
        .routes(routes!(inference::model_ready))
        .routes(routes!(inference::version_ready))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show))
        .routes(routes!(models::list))
        .routes(routes!(models::show))
        .routes(routes!(models::version))
        .routes(routes!(models::artifact::download))
        .routes(routes!(models::events))
        .routes(routes!(monitoring::metrics))
        .routes(routes!(monitoring::metrics_under_monitoring))
        .routes(routes!(monitoring::metrics_under_v1))
        .routes(routes!(ml_health::health))
        .routes(routes!(ml_health::drift_report))
        .routes(routes!(ml_health::overview))
        .routes(routes!(ml_health::data_quality))
        .routes(routes!(ml_health::prediction_distribution))
        .routes(routes!(alerts::list))
        .routes(routes!(runs::list))
        .routes(routes!(runs::show))
        .routes(routes!(live::connect))
}

fn monitor() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(monitoring::show))
}

fn compute() -> OpenApiRouter<ServerState> {
    // Its handler counts the bytes: files may be larger than other bodies.
    let files = OpenApiRouter::new().routes(routes!(predict::predict)).layer(DefaultBodyLimit::disable());
    OpenApiRouter::new()
        .merge(files)
        .routes(routes!(batch::forecast))
        .routes(routes!(b3::show, b3::ask))
        .routes(routes!(infer::infer))
        .routes(routes!(infer::infer_version))
}

fn change() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(stocks::refresh::refresh))
        .routes(routes!(jobs::cancel))
        .routes(routes!(models::service::rollback))
        .routes(routes!(retrain::one))
        .routes(routes!(retrain::all))
}

/// Returns the routes that take files, which are counted as they come in, against a limit of their own.
fn uploads() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(stocks::upload::of_symbol))
        .routes(routes!(stocks::upload::any))
        .layer(DefaultBodyLimit::disable())
}

/// Returns the routes that may take long, which change what is stored.
fn change_at_length() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new().routes(routes!(train::train)).routes(routes!(models::service::promote))
}

fn administer() -> OpenApiRouter<ServerState> {
    OpenApiRouter::new()
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::audit))
}
