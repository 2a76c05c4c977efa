//! `closecast predict`.

use crate::commands::services;
use crate::error::CliError;
use closecast_app::services::Services;
use std::process::ExitCode;

use clap::Args;
use closecast_domain::Symbol;

use crate::{commands::render::chart, config::Settings, terminal::Terminal};
use closecast_api::forecast::{ForecastView, Kind, ModelView};
use closecast_app::use_cases::{self, forecast::Freshness, history};

/// Arguments of `closecast predict`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Symbol to forecast.
    symbol: Symbol,
    /// Model to use [default: the one named like the symbol; without one BASE, the model of all symbols]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
}

/// Forecasts the next sessions and shows them.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    let answer =
        use_cases::forecast::forecast(&app, &arguments.symbol, arguments.model.as_deref(), Freshness::Anew).await?;
    let view = &ForecastView::new(&answer);
    terminal.object(view)?;
    show(&app, view, terminal).await?;
    terminal.line(made_by(view, arguments.model.is_some()))?;
    terminal.line(&view.verdict.sentence)?;
    if let Some(warning) = &view.warning {
        terminal.remark(format_args!("warning: {warning}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which model made the forecast and, unless it was `named`, why that one.
fn made_by(view: &ForecastView, named: bool) -> String {
    let ModelView { name, version, .. } = &view.model;
    let version = if *version > 0 { format!("version {version}") } else { "as shipped".to_owned() };
    match view.model.kind {
        Kind::Specific => format!("Made by the model {name}, {version}."),
        Kind::FineTuned => format!("Made by the model {name}, {version}: BASE fine-tuned for this symbol."),
        Kind::Base if named => format!("Made by {name}, {version}, the model of all symbols."),
        Kind::Base => format!(
            "Made by {name}, {version}, the model of all symbols: {} has none of its own (`closecast train {}`).",
            view.symbol, view.symbol
        ),
    }
}

/// Shows a small chart and the forecast in words.
pub(crate) async fn show(app: &Services, view: &ForecastView, terminal: &Terminal) -> Result<(), CliError> {
    let closes: Vec<f64> =
        history::load(app, &view.symbol).await?.history.bars().iter().map(|bar| bar.raw_close).collect();
    terminal.line(chart::forecast(&closes, view))?;
    let currency = view.currency.as_deref().map_or(String::new(), |code| format!(" {code}"));
    terminal.line(format_args!("{} closed at {:.2}{currency} on {}.", view.symbol, view.last_close, view.as_of))?;
    for session in &view.sessions {
        let interval = session.interval.map_or(String::new(), |interval| {
            format!(", {:.0} % interval {:.2} to {:.2}", interval.level * 100.0, interval.lower, interval.upper)
        });
        terminal
            .line(format_args!("Forecast for {}: {:.2}{currency}{interval}", session.date, session.predicted_close))?;
    }
    if view.stale {
        terminal.line("These prices are older than the last session: fetch newer ones with `closecast fetch`.")?;
    }
    Ok(())
}
