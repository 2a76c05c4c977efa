//! `closecast train`.

mod base;
mod service;
mod spec;

use crate::commands::services;
use crate::error::CliError;
use closecast_app::services::App;
use std::{process::ExitCode, sync::Arc};

use chrono::NaiveDate;
use clap::Args;
use closecast_domain::{Cancel, Symbol};
use closecast_store::ModelVersion;
use serde::Serialize;

use self::{base::BaseArguments, spec::SpecArguments};
use crate::{
    commands::{
        interrupt::cancelled_by_ctrl_c,
        render::{challenge, evaluation},
    },
    config::Settings,
    terminal::{Terminal, progress::TrainingBar},
};
use closecast_api::forecast::{ModelView, PartsView, VerdictView, model_view, parts, verdict};
use closecast_app::{
    plural::counted,
    use_cases::{
        self,
        promote::Challenge,
        task::Task,
        train::{TrainRequest, check_dates},
    },
};

/// Headings of the help, in their order there.
const DATA: &str = "Data";
const NETWORK: &str = "Network";
const TRAINING: &str = "Training";

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

/// A trained model as `--json` prints it.
#[derive(Serialize)]
pub(crate) struct Trained {
    /// Absent for a model of all symbols.
    symbol: Option<Symbol>,
    model: ModelView,
    metrics: Option<PartsView>,
    naive: Option<PartsView>,
    verdict: VerdictView,
    /// How it did beside the version in service before; absent for the first version of a name.
    challenge: Option<Challenge>,
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
    app: &App,
    request: TrainRequest,
    terminal: &Terminal,
) -> Result<ModelVersion, CliError> {
    let cancel = Cancel::new();
    let task = Task::of_command(Arc::new(TrainingBar::new(terminal.json())), cancel.clone());
    Ok(cancelled_by_ctrl_c(use_cases::train::train(app, request, &task), cancel).await?)
}

impl Trained {
    /// Returns what was trained, after it was set beside the version in service.
    ///
    /// # Errors
    /// [`CliError`] when the store cannot be read, or Ctrl-C ended the comparison.
    pub(crate) async fn new(app: &App, version: &ModelVersion) -> Result<Self, CliError> {
        let challenge = service::challenge(app, version).await?;
        let evaluation_of = version.card.evaluation();
        Ok(Self {
            symbol: version.card.symbol().cloned(),
            model: model_view(version),
            metrics: evaluation_of.map(|evaluation| parts(evaluation, |part| part.model)),
            naive: evaluation_of.map(|evaluation| parts(evaluation, |part| part.naive)),
            verdict: verdict(&version.card),
            challenge,
        })
    }
}

/// Shows what was trained, and whether it is in service.
pub(crate) fn show(trained: &Trained, version: &ModelVersion, terminal: &Terminal) -> Result<(), CliError> {
    terminal.object(trained)?;
    show_training(version, terminal)?;
    show_challenge(trained, terminal)
}

/// Shows how a new version did beside the one in service.
pub(crate) fn show_challenge(trained: &Trained, terminal: &Terminal) -> Result<(), CliError> {
    match &trained.challenge {
        Some(came) => terminal.line(format_args!("\n{}", challenge::told(came))),
        None => Ok(()),
    }
}

/// Shows what was trained and, where its points are its own, the table beside naive.
pub(crate) fn show_training(version: &ModelVersion, terminal: &Terminal) -> Result<(), CliError> {
    let (card, view) = (&version.card, model_view(version));
    terminal.line(format_args!(
        "Model {} version {}: {} weights, {} (the best was {}), trained on {} to {}",
        version.name,
        version.version,
        view.parameters,
        counted(view.epochs_run, "epoch"),
        view.best_epoch,
        view.trained_on.start,
        view.trained_on.end
    ))?;
    terminal.line("")?;
    if let Some(evaluation_of) = card.evaluation() {
        terminal.line(evaluation::table(evaluation_of))?;
        terminal.line("")?;
    }
    terminal.line(verdict(card).sentence)?;
    if let (Some(_), (level, Some(coverage))) = (card.evaluation(), card.interval()) {
        let (level, coverage) = (level * 100.0, coverage * 100.0);
        terminal.line(format_args!("The {level:.0} % interval held the close on {coverage:.1} % of the test days."))?;
    }
    Ok(())
}
