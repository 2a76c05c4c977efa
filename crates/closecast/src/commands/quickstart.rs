//! `closecast quickstart`: the whole job at once, on the prices that the program carries with it.

use crate::commands::services;
use crate::error::CliError;
use closecast_api::forecast::ForecastView;
use closecast_app::services::Services;
use std::process::ExitCode;

use clap::Args;
use closecast_data::sample;
use closecast_domain::{History, Symbol};
use closecast_model::ModelSpec;

use crate::{
    commands::{predict, serve, train},
    config::Settings,
    terminal::Terminal,
};
use closecast_app::{
    plural::counted,
    use_cases::{self, forecast::Freshness, train::TrainRequest},
};

/// Epochs without improvement before the quickstart's training stops: it should be over in seconds.
const PATIENCE: usize = 5;

/// Arguments of `closecast quickstart`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Stop after the forecast, without serving the dashboard.
    #[arg(long)]
    pub(crate) no_serve: bool,
    /// Symbol of the bundled sample to train on: AAPL, FB, GOOG, IBM or MSFT.
    #[arg(long, default_value = "AAPL")]
    symbol: Symbol,
    /// Port of the dashboard [default: 8000]
    #[arg(long, env = "CLOSECAST_PORT")]
    port: Option<u16>,
}

/// Stores the sample, trains, evaluates, forecasts, and serves the dashboard.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let symbol = arguments.symbol;
    if sample::series(&symbol).is_none() {
        let known: Vec<String> = sample::symbols().iter().map(ToString::to_string).collect();
        return Err(CliError::Usage(format!(
            "{symbol} is not in the bundled sample: choose one of {}",
            known.join(", ")
        )));
    }
    let app = services::open(&settings).await?;
    store_sample(&app, terminal).await?;
    let spec = ModelSpec { patience: PATIENCE, ..ModelSpec::default() }.check()?;
    let request = TrainRequest { symbol: symbol.clone(), model_name: None, spec, start_date: None, end_date: None };
    terminal.line(format_args!("2  Training an LSTM network on {symbol}"))?;
    let version = train::train_watched(&app, request, terminal).await?;
    terminal.line("3  Evaluating it beside the naive forecast (tomorrow = today)\n")?;
    let trained = train::Trained::new(&app, &version).await?;
    train::show_training(&version, terminal)?;
    train::show_challenge(&trained, terminal)?;
    terminal.line("\n4  Forecasting the next session\n")?;
    let answer = use_cases::forecast::forecast(&app, &symbol, None, Freshness::Anew).await?;
    let view = &ForecastView::new(&answer);
    terminal.object(view)?;
    predict::show(&app, view, terminal).await?;
    terminal.line(format_args!(
        "\nThe sample ends on {}: import or fetch your own prices with `closecast import` or `closecast fetch`.",
        view.as_of
    ))?;
    if arguments.no_serve {
        return Ok(ExitCode::SUCCESS);
    }
    terminal.line("5  Serving the dashboard")?;
    let server = &settings.server;
    let (host, port, allow_open) = (server.host, arguments.port.unwrap_or(server.port), server.allow_open);
    serve::serve_until_signal(app, &settings, (host, port, allow_open), true, terminal).await
}

/// Stores the bundled series that are not stored yet: prices of the user's own are never overwritten.
async fn store_sample(app: &Services, terminal: &Terminal) -> Result<(), CliError> {
    terminal.line("1  Bundled daily prices, 2000 to 2013")?;
    for symbol in sample::symbols() {
        let Some(series) = sample::series(&symbol) else { continue };
        let (history, report) = History::check(series.clone(), None)?;
        if app.store.bars().load(&symbol).await?.is_none() {
            app.store.bars().replace(&series, app.clock.now()).await?;
        }
        terminal.line(format_args!(
            "   {symbol:<5} {}, {} to {}, data quality {:.0} of 100",
            counted(history.len(), "session"),
            history.bars()[0].date,
            history.last().date,
            report.score
        ))?;
    }
    Ok(())
}
