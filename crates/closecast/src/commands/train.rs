//! `closecast train`.

mod base;
mod headings;
mod outcome;
mod service;
mod spec;

use crate::commands::services;
use crate::error::CliError;
use closecast_app::services::Services;
use std::{process::ExitCode, sync::Arc};

use chrono::NaiveDate;
use clap::Args;
use closecast_domain::{Cancel, Symbol};
use closecast_store::ModelVersion;

pub(crate) use self::outcome::{Trained, show_challenge, show_training};
use self::{base::BaseArguments, headings::DATA, outcome::show, spec::SpecArguments};
use crate::{
    commands::interrupt::cancelled_by_ctrl_c,
    config::Settings,
    terminal::{Terminal, progress::TrainingBar},
};
use closecast_app::use_cases::{
    self,
    task::Task,
    train::{TrainRequest, check_dates},
};

/// Arguments of `closecast train`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Symbol whose stored prices are trained on; with --base any number of them.
    #[arg(value_name = "SYMBOL", required_unless_present = "data")]
    pub(crate) symbols: Vec<Symbol>,
    #[command(flatten)]
    pub(crate) base: BaseArguments,
    /// First session used, YYYY-MM-DD.
    #[arg(long, help_heading = DATA, value_name = "DATE", value_parser = crate::arguments::date)]
    pub(crate) start_date: Option<NaiveDate>,
    /// Last session used, YYYY-MM-DD.
    #[arg(long, help_heading = DATA, value_name = "DATE", value_parser = crate::arguments::date)]
    pub(crate) end_date: Option<NaiveDate>,
    #[command(flatten)]
    pub(crate) spec: SpecArguments,
    /// Name to publish the model under [default: the symbol]
    #[arg(long, help_heading = "Output", value_name = "NAME")]
    pub(crate) model_name: Option<String>,
}

/// Trains a model and shows it beside naive.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    if arguments.base.base {
        return Box::pin(base::train(arguments.symbols, (arguments.base, &arguments.spec), settings, terminal)).await;
    }
    let symbol = match arguments.symbols.as_slice() {
        [symbol] => symbol.clone(),
        _ => return Err(CliError::Usage("name one symbol, or add --base for one model of them all".to_owned())),
    };
    if arguments.base.fine_tune {
        return base::fine_tune(&symbol, settings, terminal).await;
    }
    let spec = arguments.spec.checked()?;
    check_dates(arguments.start_date, arguments.end_date)?;
    let app = services::open(&settings).await?;
    let request = TrainRequest {
        symbol: symbol.clone(),
        model_name: arguments.model_name,
        spec,
        start_date: arguments.start_date,
        end_date: arguments.end_date,
    };
    let version = train_watched(&app, request, terminal).await?;
    let trained = Trained::new(&app, &version).await?;
    show(&trained, &version, terminal)?;
    let named = if version.name == symbol.as_str() { String::new() } else { format!(" --model {}", version.name) };
    terminal.line(format_args!("\nForecast with `closecast predict {symbol}{named}`."))?;
    Ok(ExitCode::SUCCESS)
}

/// Trains with a progress bar; Ctrl-C cancels after the batch in hand.
pub(crate) async fn train_watched(
    app: &Services,
    request: TrainRequest,
    terminal: &Terminal,
) -> Result<ModelVersion, CliError> {
    let cancel = Cancel::new();
    let task = Task::of_command(Arc::new(TrainingBar::new(terminal.json())), cancel.clone());
    Ok(cancelled_by_ctrl_c(use_cases::train::train(app, request, &task), cancel).await?)
}
