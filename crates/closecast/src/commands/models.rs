//! `closecast models`.

mod promote;

use crate::commands::services;
use crate::error::CliError;
use closecast_app::error::AppError;
use closecast_app::services::Services;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use closecast_domain::Card;
use closecast_model::TrainedModel;
use closecast_store::{Alias, ModelVersion};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{commands::train, config::Settings, terminal::Terminal};
use closecast_api::{forecast::model_view, model::VersionView};
use closecast_app::{plural::counted, use_cases::serving};

/// Arguments of `closecast models`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List every version of every model, and which one is in service.
    List,
    /// Show the model in service under a name.
    Show {
        /// Name of the model.
        name: String,
    },
    /// Put a newer version into service when it is no worse on recent days that neither has learned from; exits with 1 when
    /// it is worse.
    Promote {
        /// Name of the model.
        name: String,
        /// Version to put into service [default: the challenger, which is the newest]
        #[arg(long, value_name = "N")]
        version: Option<u64>,
        /// Put it into service whatever the comparison says; that is recorded.
        #[arg(long)]
        force: bool,
    },
    /// Put the version that was in service before into service again.
    Rollback {
        /// Name of the model.
        name: String,
    },
}

/// Lists or shows models.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    match arguments.action {
        Action::List => list(&app, terminal).await?,
        Action::Show { name } => show(&app, &name, terminal).await?,
        Action::Promote { name, version, force } => {
            let promoted = promote::promote(&app, &name, (version, force), terminal).await?;
            return Ok(if promoted { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Action::Rollback { name } => promote::rollback(&app, &name, terminal).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &Services, terminal: &Terminal) -> Result<(), CliError> {
    let versions = app.store.models().list().await?;
    let aliases = app.store.models().aliases().await?;
    let alias_of = |version: &ModelVersion| {
        let plays = |alias: &Alias| aliases.get(&(version.name.clone(), *alias)) == Some(&version.version);
        [Alias::Champion, Alias::Challenger].into_iter().find(plays)
    };
    let objects = versions.iter().map(|version| object(version, alias_of(version)));
    terminal.object(&json!({ "models": objects.collect::<Vec<_>>() }))?;
    if versions.is_empty() {
        return terminal.line("There is no model yet: train one with `closecast train SYMBOL`. Until then BASE forecasts every symbol (`closecast models show BASE`).");
    }
    terminal.line(format_args!(
        "{:<14}{:>8}  {:<12}{:<10}{:>10}{:>10}{:>12}  {:<12}  trained on",
        "name", "version", "", "symbol", "MAE/naive", "p-value", "coverage", "sha256"
    ))?;
    for version in &versions {
        let card = &version.card;
        let test = card.evaluation().map(|evaluation| evaluation.test.model);
        let symbol = card.symbol().map_or("all", |symbol| symbol.as_str());
        let coverage = card.interval().1.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
        terminal.line(format_args!(
            "{:<14}{:>8}  {:<12}{:<10}{:>10}{:>10}{:>12}  {:.12}  {} to {}",
            version.name,
            version.version,
            alias_of(version).map_or("", Alias::name),
            symbol,
            figure(test.and_then(|test| test.rel_mae_naive)),
            figure(test.and_then(|test| test.dm_p_value)),
            coverage,
            version.sha256,
            card.trained_on().start,
            card.trained_on().end
        ))?;
    }
    Ok(())
}

async fn show(app: &Services, name: &str, terminal: &Terminal) -> Result<(), CliError> {
    let served = if name == serving::BASE {
        serving::base(app).await?
    } else {
        serving::served(app, name).await?.ok_or_else(|| AppError::UnknownModel(name.to_owned()))?
    };
    let (version, network) = (&served.version, network(&served.model));
    let shown = object(version, Some(Alias::Champion));
    let text = |field: &str| shown[field].as_str().unwrap_or_default().to_owned();
    let features = shown["features"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    let sources = match &version.card {
        Card::Base(card) if !card.sources.is_empty() => format!("trained on {}\n", card.sources),
        _ => String::new(),
    };
    let (fingerprint, features) = (text("data_fingerprint"), features.join(", "));
    terminal.object(&Shown { model: shown, network })?;
    train::show_training(version, terminal)?;
    let view = model_view(version);
    terminal.line(format_args!(
        "\nnetwork {}: {} of {}, dropout {}",
        network.arch,
        counted(network.layers, "layer"),
        counted(network.hidden_size, "unit"),
        network.dropout
    ))?;
    terminal.line(format_args!(
        "symbol {}, lookback {} days, horizon {}, seed {}\n{sources}features {features}\nartifact {} ({} bytes)\nprices {fingerprint}",
        version.card.symbol().map_or("all", |symbol| symbol.as_str()),
        view.lookback,
        view.horizon,
        view.seed,
        version.sha256,
        version.size_bytes,
    ))
}

/// A model as `models show --json` prints it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    model: Value,
    network: NetworkView,
}

/// The network as it was trained.
#[derive(Clone, Copy, Serialize)]
struct NetworkView {
    arch: &'static str,
    layers: usize,
    hidden_size: usize,
    dropout: f32,
}

/// Returns the network of a model, with the architecture as `train --arch` names it.
fn network(model: &TrainedModel) -> NetworkView {
    match model {
        TrainedModel::Lstm(model) => {
            let spec = model.spec();
            let (layers, hidden_size, dropout) = (spec.layers, spec.hidden_size, spec.dropout);
            NetworkView { arch: spec.arch.name(), layers, hidden_size, dropout }
        }
        TrainedModel::Base(model) => {
            NetworkView { arch: model.head().name(), layers: 1, hidden_size: model.hidden_size(), dropout: 0.0 }
        }
    }
}

fn object(version: &ModelVersion, alias: Option<Alias>) -> Value {
    // Plain data can always be written down.
    let mut object = serde_json::to_value(VersionView::new(version, alias)).unwrap_or_default();
    if let Card::Base(card) = &version.card {
        object["card"] = json!(card);
    }
    object
}
