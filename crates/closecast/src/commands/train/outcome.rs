//! What a training gave, as text or JSON.

use closecast_api::forecast::{ModelView, PartsView, VerdictView, model_view, parts, verdict};
use closecast_app::{plural::counted, services::Services, use_cases::promote::Challenge};
use closecast_domain::Symbol;
use closecast_store::ModelVersion;
use serde::Serialize;

use super::service;
use crate::{
    commands::render::{challenge, evaluation},
    error::CliError,
    terminal::Terminal,
};

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

impl Trained {
    /// Returns what was trained, after it was set beside the version in service.
    ///
    /// # Errors
    /// [`CliError`] when the store cannot be read, or Ctrl-C ended the comparison.
    pub(crate) async fn new(app: &Services, version: &ModelVersion) -> Result<Self, CliError> {
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
        Some(came) => terminal.line(format_args!("\n{}", challenge::summary(came))),
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
