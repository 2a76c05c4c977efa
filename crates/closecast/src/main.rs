//! closecast: forecasts of stock closing prices with LSTM networks, honestly evaluated.

mod arguments;
mod cli;
mod commands;
mod config;
mod error;
mod logging;
mod parse_error;
mod report;
mod service;
mod terminal;
mod usage_text;

use crate::error::CliError;
use std::{process::ExitCode, time::Duration};

use crate::{
    cli::{Cli, Command},
    terminal::Terminal,
};

/// Most threads for work that blocks. Tokio's default is 512, each with a stack and a share of the allocator's memory.
const BLOCKING_THREADS: usize = 64;

/// How long threads that still work may take when the command has ended.
const THREADS_LIMIT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let read = Cli::read();
    if matches!(&read, Ok(cli) if cli.command.is_service()) {
        config::limit_arenas();
    }
    closecast_app::permissions::keep_private();
    match read {
        Ok(cli) => {
            let terminal = Terminal::new(cli.json);
            run(cli, &terminal).unwrap_or_else(|failure| failed(&terminal, &failure))
        }
        Err(failure) => failed(&Terminal::new(Cli::asks_for_json()), &failure),
    }
}

fn failed(terminal: &Terminal, failure: &CliError) -> ExitCode {
    terminal.failure(failure);
    failure.exit_code()
}

fn run(cli: Cli, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let settings = config::load(&cli.settings)?;
    let _logs = logging::start(&settings, cli.command.is_service())?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().max_blocking_threads(BLOCKING_THREADS);
    let runtime = runtime.build().map_err(CliError::Runtime)?;
    let result = runtime.block_on(dispatch(cli.command, settings, terminal));
    // A thread that reads from what never answers, such as a named pipe, must not keep the program alive.
    runtime.shutdown_timeout(THREADS_LIMIT);
    result
}

async fn dispatch(command: Command, settings: config::Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    match command {
        Command::Quickstart(arguments) => Box::pin(commands::quickstart::run(arguments, settings, terminal)).await,
        Command::Fetch(arguments) => commands::fetch::run(arguments, settings, terminal).await,
        Command::Import(arguments) => commands::import::run(arguments, settings, terminal).await,
        Command::Export(arguments) => commands::export::run(arguments, settings, terminal).await,
        Command::CheckData(arguments) => commands::check_data::run(arguments, settings, terminal).await,
        Command::Backtest(arguments) => commands::backtest::run(arguments, settings, terminal).await,
        Command::Train(arguments) => Box::pin(commands::train::run(arguments, settings, terminal)).await,
        Command::Tune(arguments) => Box::pin(commands::tune::run(arguments, settings, terminal)).await,
        Command::Predict(arguments) => commands::predict::run(arguments, settings, terminal).await,
        Command::Serve(arguments) => commands::serve::run(arguments, settings, terminal).await,
        Command::Models(arguments) => commands::models::run(arguments, settings, terminal).await,
        Command::Bench(arguments) => commands::bench::run(arguments, &settings, terminal),
        Command::Jobs(arguments) => commands::jobs::run(arguments, settings, terminal).await,
        Command::Keys(arguments) => commands::keys::run(arguments, settings, terminal).await,
        Command::Runs(arguments) => commands::runs::run(arguments, settings, terminal).await,
        Command::Worker(arguments) => commands::worker::run(arguments, settings, terminal).await,
        Command::Migrate => commands::migrate::run(&settings, terminal).await,
        Command::Backup(arguments) => commands::backup::run(arguments, settings, terminal).await,
        Command::Restore(arguments) => commands::restore::run(arguments, settings, terminal).await,
        Command::Doctor(arguments) => commands::doctor::run(arguments, settings, terminal).await,
    }
}
