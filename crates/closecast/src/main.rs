//! closecast: forecasts of stock closing prices with LSTM networks, honestly evaluated.

mod app;
mod cache;
mod cli;
mod commands;
mod config;
mod failure;
mod gate;
mod live;
mod logging;
mod model_cache;
mod monitor;
mod ops;
mod pages;
mod permissions;
mod readiness;
mod report;
mod security;
mod server;
mod service;
mod terminal;
mod toml_file;
mod views;
mod worker;

use std::process::ExitCode;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    terminal::Terminal,
};

fn main() -> ExitCode {
    permissions::keep_private();
    match Cli::read() {
        Ok(cli) => {
            let terminal = Terminal::new(cli.json);
            run(cli, &terminal).unwrap_or_else(|failure| failed(&terminal, &failure))
        }
        Err(failure) => failed(&Terminal::new(Cli::asks_for_json()), &failure),
    }
}

fn failed(terminal: &Terminal, failure: &Failure) -> ExitCode {
    terminal.failure(failure);
    failure.exit_code()
}

fn run(cli: Cli, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let settings = config::load(&cli.settings)?;
    let _logs = logging::start(&settings, cli.command.is_service())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(dispatch(cli.command, settings, terminal))
}

async fn dispatch(command: Command, settings: config::Settings, terminal: &Terminal) -> Result<ExitCode, Failure> {
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
