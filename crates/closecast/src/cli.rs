//! The command line.

use crate::error::CliError;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::{
    commands,
    config::{GLOBAL, SettingArguments},
    parse_error,
};

/// Forecasts of stock closing prices with LSTM networks: data, training, honest evaluation, serving.
#[derive(Debug, Parser)]
#[command(name = "closecast", version, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) settings: SettingArguments,
    /// Write one JSON object to standard output instead of text, for machines.
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See the whole job at once: bundled real prices, training, honest evaluation, forecast, dashboard. Needs no network.
    Quickstart(commands::quickstart::Arguments),
    /// Fetch daily prices from Yahoo Finance into the local store.
    Fetch(commands::fetch::Arguments),
    /// Import daily prices from a file: CSV in any common layout, or B3 COTAHIST.
    Import(commands::import::Arguments),
    /// Export stored prices as CSV, or the newest closes as JSON for older systems.
    Export(commands::export::Arguments),
    /// Check stored prices; exits with 1 while an error-level defect remains.
    CheckData(commands::check_data::Arguments),
    /// Train a model of one symbol and evaluate it beside the naive forecast.
    Train(commands::train::Arguments),
    /// Search for the settings of a model, on days before the test days.
    Tune(commands::tune::Arguments),
    /// Forecast days long past as if they were to come, model beside model: the honest measure.
    Backtest(commands::backtest::Arguments),
    /// Forecast the next sessions of a symbol.
    Predict(commands::predict::Arguments),
    /// Serve the HTTP API and the dashboard.
    Serve(commands::serve::Arguments),
    /// Take jobs from the queue: trainings, backtests, refreshes. On as many machines as one likes.
    Worker(commands::worker::Arguments),
    /// List, show and cancel jobs.
    Jobs(commands::jobs::Arguments),
    /// Make, list and revoke keys to the API.
    Keys(commands::keys::Arguments),
    /// List and show models, and say which version is in service.
    Models(commands::models::Arguments),
    /// List and show past trainings.
    Runs(commands::runs::Arguments),
    /// Time the engine on this machine: a training step, or a forecast.
    Bench(commands::bench::Arguments),
    /// Bring the schema of the database up to date; every other command does so too.
    Migrate,
    /// Write database and artifacts to one file, consistent while the server is running.
    Backup(commands::backup::Arguments),
    /// Restore a backup into an empty installation.
    Restore(commands::restore::Arguments),
    /// Check the installation: data folder, database, models, jobs, artifacts; exits with 1 while an error remains.
    Doctor(commands::doctor::Arguments),
}

impl Cli {
    /// Returns the arguments of this process, after `.env` in the working folder has been read. Ends the process when help
    /// or the version is all that was asked for.
    ///
    /// # Errors
    /// [`CliError::Settings`] when `.env` cannot be understood, [`CliError::Usage`] or [`CliError::Arguments`] when the
    /// arguments are wrong.
    pub(crate) fn read() -> Result<Self, CliError> {
        crate::config::read_dotenv()?;
        let matches = Self::command().try_get_matches().map_err(parse_error::failure)?;
        let cli = Self::from_arg_matches(&matches)
            .map_err(|error| parse_error::failure(error.format(&mut Self::command())))?;
        cli.settings.check_secrets(&matches)?;
        Ok(cli)
    }

    /// Returns whether the arguments of this process ask for JSON, even where the rest of them is wrong.
    pub(crate) fn asks_for_json() -> bool {
        std::env::args_os().skip(1).take_while(|argument| argument != "--").any(|argument| argument == "--json")
    }
}

impl Command {
    /// Returns whether the command keeps running and so writes logs.
    pub(crate) fn is_service(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Worker(_))
            || matches!(self, Self::Quickstart(arguments) if !arguments.no_serve)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
