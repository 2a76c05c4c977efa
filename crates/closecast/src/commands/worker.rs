//! `closecast worker`.

use crate::commands::services;
use crate::error::CliError;
use std::process::ExitCode;

use clap::Args;

use crate::{
    config::{self, Settings},
    service::{self, Background, Shutdown, Signals},
    terminal::Terminal,
};

/// Arguments of `closecast worker`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Jobs at a time [default: 1, which uses all threads]
    #[arg(long, env = "CLOSECAST_WORKER_JOBS", value_name = "N")]
    jobs: Option<usize>,
}

/// Takes jobs until a signal; then gives those in hand back to the queue. A second signal ends at once.
pub(crate) async fn run(
    arguments: Arguments,
    mut settings: Settings,
    terminal: &Terminal,
) -> Result<ExitCode, CliError> {
    if let Some(jobs) = arguments.jobs {
        settings.worker.jobs = jobs;
        settings.worker.check().map_err(CliError::Settings)?;
    }
    let app = services::open(&settings).await?;
    let signals = Signals::listen();
    config::log_memory(&settings);
    let background = Background::start(&app, true);
    terminal.line(format_args!("Waiting for jobs in {} (Ctrl-C ends it)", app.store.address()))?;
    signals.stop().await;
    let orderly = async {
        let shutdown = Shutdown::begin();
        background.end(&shutdown).await;
        service::close_database(app.store.clone(), &shutdown).await
    };
    service::end_in_order(orderly, &signals, terminal).await
}
