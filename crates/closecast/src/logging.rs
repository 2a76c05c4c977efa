//! Logs: to the terminal when a service runs, and to daily files in the data folder.

use tracing_appender::{non_blocking::WorkerGuard, rolling};
use tracing_subscriber::{EnvFilter, Layer, filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{config::Settings, failure::Failure};

/// Keeps the writers of the log files alive; dropping it flushes them.
pub(crate) struct Logs {
    _writers: Vec<WorkerGuard>,
}

/// Starts logging. A service logs to standard error and to `logs/app.<date>.log` and `logs/errors.<date>.log` in the data
/// folder; another command only says warnings on standard error.
///
/// # Errors
/// [`Failure::Settings`] when the log filter cannot be understood or the folder cannot be made.
pub(crate) fn start(settings: &Settings, service: bool) -> Result<Logs, Failure> {
    let filter = |text: &str| {
        EnvFilter::try_new(text)
            .map_err(|error| Failure::Settings(format!("log: {text:?} is not a log filter: {error}")))
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
    let (all, all_guard) = daily_file(&folder, "app")?;
    let (errors, errors_guard) = daily_file(&folder, "errors")?;
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

fn daily_file(
    folder: &std::path::Path,
    prefix: &str,
) -> Result<(tracing_appender::non_blocking::NonBlocking, WorkerGuard), Failure> {
    let writer = rolling::Builder::new()
        .rotation(rolling::Rotation::DAILY)
        .filename_prefix(prefix)
        .filename_suffix("log")
        .max_log_files(31)
        .build(folder)
        .map_err(|error| unwritable(folder, &error))?;
    Ok(tracing_appender::non_blocking(writer))
}

fn unwritable(folder: &std::path::Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Settings(format!("the log folder {} cannot be written: {error}", folder.display()))
}
