//! `closecast backtest`.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use chrono::NaiveDate;
use clap::Args;
use closecast_domain::{Cancel, Symbol};
use closecast_eval::backtest::BacktestSpec;
use serde::Serialize;

use crate::{
    app::App,
    config::Settings,
    failure::Failure,
    ops::backtest::{self, BacktestRequest, BacktestResult, Source},
    terminal::{Terminal, backtest as shown, progress::BacktestBar},
    views::backtest::{ScoreView, SkippedView, SliceView, score_view},
};

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
    #[arg(long, value_name = "DATE", value_parser = crate::cli::date)]
    from: Option<NaiveDate>,
    /// Sessions forecast from each day.
    #[arg(long, value_name = "SESSIONS", default_value_t = 1)]
    horizon: usize,
    /// Models, separated by commas.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_values_t = ["naive".to_owned(), "lstm".to_owned()])]
    models: Vec<String>,
    /// File to write every forecast to: model, symbol, dates, prices and 19 quantiles
    #[arg(long, value_name = "FILE.csv")]
    forecasts_out: Option<PathBuf>,
    /// Begin from scratch instead of going on with an interrupted backtest of the same prices and days.
    #[arg(long)]
    restart: bool,
}

/// A backtest as `--json` prints it.
#[derive(Serialize)]
struct Report {
    first_day: NaiveDate,
    last_day: NaiveDate,
    refits: usize,
    symbols: usize,
    scores: Vec<ScoreView>,
    slices: Vec<SliceView>,
    skipped: Vec<SkippedView>,
}

/// Runs the backtest and shows how the models did.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let app = App::open(settings).await?;
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
        restart: arguments.restart,
        forecasts_out: arguments.forecasts_out,
    };
    let result = watched(&app, request, terminal).await?;
    show(&result, terminal)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs with a progress bar; Ctrl-C stops after the symbol in hand.
async fn watched(app: &App, request: BacktestRequest, terminal: &Terminal) -> Result<BacktestResult, Failure> {
    let cancel = Cancel::new();
    let work = backtest::run(app, request, BacktestBar::new(terminal.json()), cancel.clone());
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done,
        _signal = tokio::signal::ctrl_c() => {
            cancel.cancel();
            work.await
        }
    }
}

fn show(result: &BacktestResult, terminal: &Terminal) -> Result<(), Failure> {
    let (first, last) = match (result.plan.folds.first(), result.plan.folds.last()) {
        (Some(first), Some(last)) => (first.first, last.last),
        _ => return Err(Failure::Internal("a backtest without a fold".to_owned())),
    };
    let refits = result.plan.folds.len();
    let views = |scores: &[_]| scores.iter().map(score_view).collect::<Vec<_>>();
    let slices = result.slices.iter().map(|slice| SliceView { days: slice.days.clone(), scores: views(&slice.scores) });
    let skipped: Vec<SkippedView> = result.backtest.skipped.iter().map(SkippedView::from).collect();
    terminal.object(&Report {
        first_day: first,
        last_day: last,
        refits,
        symbols: result.symbols,
        scores: views(&result.scores),
        slices: slices.collect(),
        skipped,
    })?;
    terminal.line(format_args!(
        "{} symbols, {first} to {last}, fitted {refits} times; nothing dated on or after a fit was known to it.\n",
        result.symbols
    ))?;
    terminal.line(shown::table(&result.scores))?;
    for slice in &result.slices {
        terminal.line(format_args!("\n{} days", slice.days))?;
        terminal.line(shown::table(&slice.scores))?;
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
