//! Logs: to the terminal when a service runs, and to daily files in the data folder.

use crate::error::CliError;
use std::{path::Path, sync::Arc};

use closecast_domain::SystemClock;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, Layer, filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::Settings;
use closecast_app::rotating_file::RotatingFile;

/// Lines that wait for a slow disk; further ones are lost.
const LINES: usize = 8192;

/// Part of the bytes of all logs that each of them may take.
const APP_SHARE: f64 = 0.375;
const ERRORS_SHARE: f64 = 0.125;
const ACCESS_SHARE: f64 = 0.5;

/// Returns the bytes that the access log may take.
pub(crate) fn access_log_limit(settings: &Settings) -> u64 {
    share(settings, ACCESS_SHARE)
}

fn share(settings: &Settings, share: f64) -> u64 {
    (settings.log_limit.bytes() as f64 * share) as u64
}

/// Keeps the writers of the log files alive; dropping it flushes them.
pub(crate) struct Logs {
    _writers: Vec<WorkerGuard>,
}

/// Starts logging. A service logs to standard error and to `logs/app.<date>.log` and `logs/errors.<date>.log` in the data
/// folder; another command only says warnings on standard error.
///
/// # Errors
/// [`CliError::Settings`] when the log filter cannot be understood or the folder cannot be made.
pub(crate) fn start(settings: &Settings, service: bool) -> Result<Logs, CliError> {
    let filter = |text: &str| {
        EnvFilter::try_new(text)
            .map_err(|error| CliError::Settings(format!("log: {text:?} is not a log filter: {error}")))
    };
    if !service {
        filter(&settings.log)?;
        let quiet = if settings.log == "info" { "warn" } else { &settings.log };
        tracing_subscriber::registry()
            .with(
                fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(console::colors_enabled_stderr())
                    .with_target(false)
                    .without_time()
                    .with_filter(filter(quiet)?),
            )
            .init();
        return Ok(Logs { _writers: Vec::new() });
    }
    // At every start the schema is looked at, which is news only when somebody asks for it.
    let usual = if settings.log == "info" { "info,sea_orm_migration=warn,sqlx=warn" } else { &settings.log };
    let folder = settings.data_dir.join("logs");
    std::fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    let (all, all_guard) = file(&folder, "app", share(settings, APP_SHARE))?;
    let (errors, errors_guard) = file(&folder, "errors", share(settings, ERRORS_SHARE))?;
    tracing_subscriber::registry()
        .with(
            fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(console::colors_enabled_stderr())
                .with_target(false)
                .with_filter(filter(usual)?),
        )
        .with(fmt::layer().json().with_writer(all).with_filter(filter(usual)?))
        .with(fmt::layer().json().with_writer(errors).with_filter(LevelFilter::ERROR))
        .init();
    Ok(Logs { _writers: vec![all_guard, errors_guard] })
}

fn file(folder: &Path, prefix: &'static str, limit: u64) -> Result<(NonBlocking, WorkerGuard), CliError> {
    let writer = RotatingFile::open(folder, prefix, limit, Arc::new(SystemClock));
    let writer = writer.map_err(|error| unwritable(folder, &error))?;
    Ok(NonBlockingBuilder::default().buffered_lines_limit(LINES).finish(writer))
}

fn unwritable(folder: &Path, error: &dyn std::fmt::Display) -> CliError {
    CliError::Settings(format!("the log folder {} cannot be written: {error}", folder.display()))
}
