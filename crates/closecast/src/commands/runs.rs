//! `closecast runs`.

use crate::commands::services;
use crate::error::CliError;
use closecast_app::error::AppError;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use closecast_store::RunFilter;
use serde_json::json;

use crate::{config::Settings, terminal::Terminal};
use closecast_api::run::{RunView, WholeRunView};

/// Arguments of `closecast runs`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List trainings, newest first.
    List {
        /// Only trainings of the model of this name
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Most trainings to list
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1000))]
        limit: u64,
    },
    /// Show a training: what was asked, the loss of every epoch, what it took, and what came of it.
    Show {
        /// Identifier of the training.
        id: String,
    },
}

/// Lists or shows runs.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    match arguments.action {
        Action::List { name, limit } => {
            let runs = app.store.runs().list(&RunFilter { name, ..RunFilter::default() }, None, limit).await?;
            list(&runs.into_iter().map(Into::into).collect::<Vec<_>>(), terminal)?;
        }
        Action::Show { id } => {
            let run = app.store.runs().get(&id).await?.ok_or_else(|| AppError::NoRun(id.clone()))?;
            let steps = app.store.runs().metrics(&id).await?.into_iter().map(Into::into).collect();
            let log = app.store.runs().logs(&id).await?.into_iter().map(Into::into).collect();
            show(&WholeRunView { run: run.into(), steps, log }, terminal)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(runs: &[RunView], terminal: &Terminal) -> Result<(), CliError> {
    terminal.object(&json!({ "runs": runs }))?;
    if runs.is_empty() {
        return terminal.line("There is no run: train a model with `closecast train SYMBOL`.");
    }
    terminal.line(format_args!(
        "{:<38}{:<14}{:<12}{:<11}{:>8}{:>9}{:>11}  begun",
        "id", "name", "kind", "state", "version", "seconds", "MAE/naive"
    ))?;
    for run in runs {
        let ratio = run.metrics["metrics"]["test"]["rel_mae_naive"].as_f64();
        terminal.line(format_args!(
            "{:<38}{:<14}{:<12}{:<11}{:>8}{:>9}{:>11}  {}",
            run.run_id,
            run.name,
            run.kind,
            run.status.name(),
            run.model_version.map_or("–".to_owned(), |version| version.to_string()),
            run.system["seconds"].as_f64().map_or("–".to_owned(), |seconds| format!("{seconds:.1}")),
            ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.4}")),
            run.started_at.format("%Y-%m-%d %H:%M:%S")
        ))?;
    }
    Ok(())
}

fn show(whole: &WholeRunView, terminal: &Terminal) -> Result<(), CliError> {
    terminal.object(whole)?;
    let run = &whole.run;
    terminal.line(format_args!("{} {} of {}: {}", run.kind, run.run_id, run.name, run.status.name()))?;
    terminal.line(format_args!("asked {}", run.parameters))?;
    let at = |step: u64, key: &str| whole.steps.iter().find(|s| s.step == step && s.key == key).map(|s| s.value);
    let last = whole.steps.iter().map(|step| step.step).max().unwrap_or(0);
    if last > 0 {
        terminal.line(format_args!(
            "\n{:>6}{:>14}{:>16}{:>16}",
            "epoch", "training loss", "validation loss", "learning rate"
        ))?;
    }
    for epoch in 1..=last {
        let figure = |key| at(epoch, key).map_or("–".to_owned(), |value| format!("{value:.6}"));
        let (train, validation, rate) = (figure("train_loss"), figure("validation_loss"), figure("learning_rate"));
        terminal.line(format_args!("{epoch:>6}{train:>14}{validation:>16}{rate:>16}"))?;
    }
    terminal.line("")?;
    for line in &whole.log {
        terminal.line(format_args!("{} {}: {}", line.at.format("%H:%M:%S"), line.level, line.message))?;
    }
    if let Some(error) = &run.error {
        terminal.line(format_args!("error: {error}"))?;
    }
    if run.system["seconds"].is_number() {
        terminal.line(format_args!("took {}", run.system))?;
    }
    Ok(())
}
