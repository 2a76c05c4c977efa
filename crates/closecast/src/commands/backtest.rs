//! `closecast backtest`.

use crate::commands::services;
use crate::error::CliError;
use closecast_app::services::Services;
use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use crate::{
    commands::{interrupt::cancelled_by_ctrl_c, render::backtest as shown},
    config::Settings,
    report,
    terminal::{Terminal, progress::BacktestBar},
};
use chrono::NaiveDate;
use clap::Args;
use closecast_api::backtest::BacktestView;
use closecast_app::{
    plural::counted,
    use_cases::{
        backtest::{self, BacktestRequest, BacktestResult, DEFAULT_MODELS, MODELS, Source},
        output_file::OutputFile,
    },
};
use closecast_domain::{Cancel, Symbol};
use closecast_eval::backtest::BacktestSpec;

/// Arguments of `closecast backtest`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Symbols whose stored prices are forecast.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    symbols: Vec<Symbol>,
    /// Folder of price files to forecast instead, one symbol each, named by the file.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder of price files that are learned from and never forecast; may be given more than once.
    #[arg(long, value_name = "DIR")]
    also_train: Vec<PathBuf>,
    /// Sessions forecast.
    #[arg(long, value_name = "DAYS", default_value_t = BacktestSpec::default().test_days)]
    test_days: usize,
    /// Sessions after which the models are fitted again.
    #[arg(long, value_name = "DAYS", default_value_t = BacktestSpec::default().refit_every)]
    refit_every: usize,
    /// First session forecast, YYYY-MM-DD [default: so that the newest sessions are forecast]; nothing after the test days is read
    #[arg(long, value_name = "DATE", value_parser = crate::arguments::date)]
    from: Option<NaiveDate>,
    /// Sessions forecast from each day.
    #[arg(long, value_name = "SESSIONS", default_value_t = 1)]
    horizon: usize,
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_values_t = DEFAULT_MODELS.map(str::to_owned), help = models_help())]
    models: Vec<String>,
    /// Model whose distributions the others' are tested against [default: ewma-t, or naive, or the first that takes part]
    #[arg(long, value_name = "NAME")]
    reference: Option<String>,
    /// File to write a report to, with tables and charts; it needs nothing but a browser
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// File to write every forecast to: model, symbol, dates, prices, 19 quantiles and the 95 % interval
    #[arg(long, value_name = "FILE.csv")]
    forecasts_out: Option<PathBuf>,
    /// Begin from scratch instead of going on with an interrupted backtest of the same prices and days.
    #[arg(long)]
    restart: bool,
}

/// Returns the help of `--models`.
fn models_help() -> String {
    let models = MODELS.map(|(name, what)| format!("{name} ({what})"));
    format!("Models, separated by commas: {}", models.join(", "))
}

/// Runs the backtest and shows how the models did.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let report_file = arguments.report.as_deref().map(OutputFile::create).transpose()?;
    let app = services::open(&settings).await?;
    let source = match arguments.data {
        Some(folder) => Source::Folder(folder),
        None => Source::Symbols(arguments.symbols),
    };
    let (test_days, refit_every) = (arguments.test_days, arguments.refit_every);
    let request = BacktestRequest {
        source,
        also_train: arguments.also_train,
        spec: BacktestSpec { test_days, refit_every, from: arguments.from, horizon: arguments.horizon },
        models: arguments.models,
        reference: arguments.reference,
        restart: arguments.restart,
        forecasts_out: arguments.forecasts_out,
    };
    let result = watched(&app, request, terminal).await?;
    if let Some(file) = report_file {
        let html = report::html(&result, &crate::arguments::command_line())?;
        file.write(|file| file.write_all(html.as_bytes()))?;
    }
    show(&result, terminal)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs with a progress bar; Ctrl-C stops after the symbol in hand.
async fn watched(app: &Services, request: BacktestRequest, terminal: &Terminal) -> Result<BacktestResult, CliError> {
    let cancel = Cancel::new();
    let work = backtest::run(app, request, BacktestBar::new(terminal.json()), cancel.clone());
    Ok(cancelled_by_ctrl_c(work, cancel).await?)
}

fn show(result: &BacktestResult, terminal: &Terminal) -> Result<(), CliError> {
    let (first, last) = match (result.plan.folds.first(), result.plan.folds.last()) {
        (Some(first), Some(last)) => (first.first, last.last),
        _ => return Err(CliError::Internal("a backtest without a fold".to_owned())),
    };
    terminal.object(&BacktestView::from(result))?;
    terminal.line(format_args!(
        "{}, {first} to {last}, fitted {}; nothing dated on or after a fit was known to it.\n",
        counted(result.symbols, "symbol"),
        counted(result.plan.folds.len(), "time")
    ))?;
    terminal.line(shown::table(&result.scores, &result.reference))?;
    terminal.line(format_args!("{}\n{}", shown::STAR, shown::findings(result)))?;
    if let Some(table) = shown::price_errors(&result.scores) {
        terminal.line(format_args!("Errors in prices\n{table}"))?;
    }
    for slice in &result.slices {
        terminal.line(format_args!("\n{} days", slice.days))?;
        terminal.line(shown::table(&slice.scores, &result.reference))?;
    }
    tell_skipped(result, terminal);
    Ok(())
}

/// Tells how many symbols each model left out, and the first reason.
fn tell_skipped(result: &BacktestResult, terminal: &Terminal) {
    let mut by_reason: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for skipped in &result.backtest.skipped {
        let symbols = by_reason.entry((&skipped.model, &skipped.reason)).or_default();
        if !symbols.contains(&skipped.symbol.as_str()) {
            symbols.push(skipped.symbol.as_str());
        }
    }
    for ((model, reason), symbols) in by_reason {
        terminal.remark(format_args!("{model} left out {}: {reason}", symbols.join(", ")));
    }
}
