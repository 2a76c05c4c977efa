//! `closecast models`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use closecast_model::{Architecture, LstmModel, ModelSpec};
use closecast_store::ModelVersion;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    app::App,
    commands::train,
    config::Settings,
    failure::Failure,
    terminal::{Terminal, counted},
    views::forecast::{model_view, parts, verdict},
};

/// Arguments of `closecast models`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List every version of every model; the newest of a name is in service.
    List,
    /// Show the model in service under a name.
    Show {
        /// Name of the model.
        name: String,
    },
}

/// Lists or shows models.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let app = App::open(settings).await?;
    match arguments.action {
        Action::List => list(&app, terminal).await?,
        Action::Show { name } => show(&app, &name, terminal).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App, terminal: &Terminal) -> Result<(), Failure> {
    let versions = app.store.models().list().await?;
    terminal.object(&json!({ "models": versions.iter().map(object).collect::<Vec<_>>() }))?;
    if versions.is_empty() {
        return terminal.line("There is no model yet: train one with `closecast train SYMBOL`.");
    }
    terminal.line(format_args!(
        "{:<14}{:>8}  {:<10}{:>10}{:>10}{:>12}  {:<12}  trained on",
        "name", "version", "symbol", "MAE/naive", "p-value", "coverage", "sha256"
    ))?;
    for version in &versions {
        let (card, test) = (&version.card, &version.card.evaluation.test.model);
        let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
        terminal.line(format_args!(
            "{:<14}{:>8}  {:<10}{:>10}{:>10}{:>10.1} %  {:.12}  {} to {}",
            version.name,
            version.version,
            card.symbol,
            figure(test.rel_mae_naive),
            figure(test.dm_p_value),
            card.interval_coverage * 100.0,
            version.sha256,
            card.trained_on.start,
            card.trained_on.end
        ))?;
    }
    Ok(())
}

async fn show(app: &App, name: &str, terminal: &Terminal) -> Result<(), Failure> {
    let Some(version) = app.store.models().in_service(name).await? else {
        return Err(Failure::UnknownModel(name.to_owned()));
    };
    let artifact = app.store.models().artifact(&version).await?;
    let network = network(LstmModel::from_bytes(&artifact)?.spec());
    terminal.object(&Shown { model: object(&version), network })?;
    train::show_training(&version, terminal)?;
    let card = &version.card;
    terminal.line(format_args!(
        "\nnetwork {}: {} of {}, dropout {}",
        network.arch,
        counted(network.layers, "layer"),
        counted(network.hidden_size, "unit"),
        network.dropout
    ))?;
    terminal.line(format_args!(
        "symbol {}, lookback {} days, horizon {}, seed {}\nfeatures {}\nartifact {} ({} bytes)\nprices {}",
        card.symbol,
        card.lookback,
        card.horizon,
        card.seed,
        card.features.join(", "),
        version.sha256,
        version.size_bytes,
        card.data_fingerprint
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

/// Returns the network of `spec`, with the architecture as `train --arch` names it.
fn network(spec: &ModelSpec) -> NetworkView {
    let arch = match spec.arch {
        Architecture::Base => "base",
        Architecture::Improved => "improved",
    };
    NetworkView { arch, layers: spec.layers, hidden_size: spec.hidden_size, dropout: spec.dropout }
}

fn object(version: &ModelVersion) -> Value {
    json!({
        "model": model_view(version),
        "symbol": version.card.symbol,
        "size_bytes": version.size_bytes,
        "features": version.card.features,
        "data_range": version.card.data_range,
        "data_fingerprint": version.card.data_fingerprint,
        "metrics": parts(&version.card.evaluation, |part| part.model),
        "naive": parts(&version.card.evaluation, |part| part.naive),
        "verdict": verdict(&version.card.evaluation),
    })
}
