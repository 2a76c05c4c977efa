//! `closecast train`.

mod spec;

use std::{process::ExitCode, sync::Arc};

use chrono::NaiveDate;
use clap::Args;
use closecast_domain::{Cancel, Symbol};
use closecast_store::ModelVersion;
use serde::Serialize;

use self::spec::SpecArguments;
use crate::{
    app::App,
    config::Settings,
    failure::Failure,
    ops::{self, train::TrainRequest},
    terminal::{Terminal, counted, evaluation, progress::TrainingBar},
    views::forecast::{ModelView, PartsView, VerdictView, model_view, parts, verdict},
};

/// Headings of the help, in their order there.
const DATA: &str = "Data";
const NETWORK: &str = "Network";
const TRAINING: &str = "Training";

/// Arguments of `closecast train`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Symbol whose stored prices are trained on.
    pub(crate) symbol: Symbol,
    /// First session used, YYYY-MM-DD.
    #[arg(long, help_heading = DATA, value_name = "DATE", value_parser = crate::cli::date)]
    pub(crate) start_date: Option<NaiveDate>,
    /// Last session used, YYYY-MM-DD.
    #[arg(long, help_heading = DATA, value_name = "DATE", value_parser = crate::cli::date)]
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
    symbol: Symbol,
    model: ModelView,
    metrics: PartsView,
    naive: PartsView,
    verdict: VerdictView,
}

/// Trains a model and shows it beside naive.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let spec = arguments.spec.checked()?;
    check_dates(arguments.start_date, arguments.end_date)?;
    let app = App::open(settings).await?;
    let request = TrainRequest {
        symbol: arguments.symbol.clone(),
        model_name: arguments.model_name,
        spec,
        start_date: arguments.start_date,
        end_date: arguments.end_date,
    };
    let version = train_watched(&app, request, terminal).await?;
    show(&arguments.symbol, &version, terminal)?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses dates in the wrong order.
pub(crate) fn check_dates(start: Option<NaiveDate>, end: Option<NaiveDate>) -> Result<(), Failure> {
    match (start, end) {
        (Some(start), Some(end)) if start >= end => {
            Err(Failure::Usage(format!("start-date {start} is not before end-date {end}")))
        }
        _ => Ok(()),
    }
}

/// Trains with a progress bar; Ctrl-C cancels after the batch in hand.
pub(crate) async fn train_watched(
    app: &App,
    request: TrainRequest,
    terminal: &Terminal,
) -> Result<ModelVersion, Failure> {
    let cancel = Cancel::new();
    let work = ops::train::train(app, request, Arc::new(TrainingBar::new(terminal.json())), cancel.clone());
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done,
        _signal = tokio::signal::ctrl_c() => {
            cancel.cancel();
            work.await
        }
    }
}

impl Trained {
    pub(crate) fn new(symbol: &Symbol, version: &ModelVersion) -> Self {
        let evaluation_of = &version.card.evaluation;
        Self {
            symbol: symbol.clone(),
            model: model_view(version),
            metrics: parts(evaluation_of, |part| part.model),
            naive: parts(evaluation_of, |part| part.naive),
            verdict: verdict(evaluation_of),
        }
    }
}

fn show(symbol: &Symbol, version: &ModelVersion, terminal: &Terminal) -> Result<(), Failure> {
    terminal.object(&Trained::new(symbol, version))?;
    show_training(version, terminal)?;
    terminal.line(format_args!("\nForecast with `closecast predict {symbol}`."))
}

/// Shows what was trained and the table beside naive.
pub(crate) fn show_training(version: &ModelVersion, terminal: &Terminal) -> Result<(), Failure> {
    let card = &version.card;
    terminal.line(format_args!(
        "Model {} version {}: {} weights, {} (the best was {}), trained on {} to {}",
        version.name,
        version.version,
        card.parameters,
        counted(card.epochs_run, "epoch"),
        card.best_epoch,
        card.trained_on.start,
        card.trained_on.end
    ))?;
    terminal.line("")?;
    terminal.line(evaluation::table(&card.evaluation))?;
    terminal.line("")?;
    terminal.line(verdict(&card.evaluation).sentence)?;
    terminal.line(format_args!(
        "The {:.0} % interval held the close on {:.1} % of the test days.",
        card.interval_level * 100.0,
        card.interval_coverage * 100.0
    ))
}
