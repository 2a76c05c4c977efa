//! Keeping a record of a training: what was asked, the loss of every epoch, what it took, and how it ended.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use closecast_domain::{ForecastError, Progress, ProgressSink};
use closecast_store::{ModelVersion, NewRun, RunLog, RunMetric, RunOutcome, RunState};
use serde_json::Value;

use crate::{
    error::AppError,
    model_verdict::ModelVerdict,
    services::Services,
    use_cases::{process::Process, resources::Resources, retry::until_the_store_answers, task::Task},
};

/// What a run is about.
pub struct RunOf {
    /// Name of the model.
    pub name: String,
    /// Symbol of the model; none for one of all symbols.
    pub symbol: Option<String>,
    /// `train`, `train_base` or `fine_tune`.
    pub kind: &'static str,
    /// What was set.
    pub parameters: Value,
}

/// The record of a run that goes on.
pub struct RunRecorder {
    /// Identifier of the run.
    pub run: String,
    /// The task to pass on to the work.
    pub task: Task,
    losses: Arc<MetricRecorder>,
    begun: Instant,
    before: Resources,
}

impl RunRecorder {
    /// Begins the record of `task`.
    ///
    /// # Errors
    /// [`AppError::Store`] when it cannot be kept.
    pub async fn begin(app: &Services, task: &Task, of: RunOf) -> Result<Self, AppError> {
        let new = NewRun {
            name: of.name,
            symbol: of.symbol,
            kind: of.kind.to_owned(),
            parameters: of.parameters,
            code_version: env!("CARGO_PKG_VERSION").to_owned(),
            job_id: task.lease.as_ref().map(|lease| lease.job_id().to_owned()),
        };
        let run = app.store.runs().begin(new, &Process::owner(), app.clock.now()).await?;
        let losses = Arc::new(MetricRecorder { of: Arc::clone(&task.progress), seen: Mutex::default() });
        let task = Task { progress: Arc::clone(&losses) as Arc<dyn ProgressSink + Send + Sync>, ..task.clone() };
        Ok(Self { run, task, losses, begun: Instant::now(), before: Resources::now() })
    }

    /// Completes the record with what came of the work, and returns that.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn end(self, app: &Services, done: Result<ModelVersion, AppError>) -> Result<ModelVersion, AppError> {
        let system = self.before.spent_until_now(self.begun.elapsed(), app.options.training_threads());
        let (state, end, line) = ending(app, &done, system);
        let (run, losses) = (self.run.as_str(), self.losses.taken());
        let line = RunLog { at: app.clock.now(), ..line };
        let write = || async {
            app.store.runs().record(run, &losses).await?;
            app.store.runs().log(run, line.clone()).await?;
            app.store.runs().end(run, state, end.clone(), app.clock.now()).await
        };
        if let Err(error) = until_the_store_answers(write).await {
            // What was trained is published or not, whatever becomes of its record.
            tracing::error!(%error, run, "the record of a run could not be completed");
        }
        done
    }
}

/// Returns how a run ended: its state, its figures, and a line for its log.
fn ending(app: &Services, done: &Result<ModelVersion, AppError>, system: Value) -> (RunState, RunOutcome, RunLog) {
    let line = |level: &str, message: String| RunLog { at: chrono::DateTime::UNIX_EPOCH, level: level.into(), message };
    match done {
        Ok(version) => {
            let card = &version.card;
            let end = RunOutcome {
                metrics: app.result_format.training(card),
                system,
                data_fingerprint: Some(card.data_fingerprint().to_owned()),
                model_version: Some(version.version),
                error: None,
            };
            let summary =
                format!("published {} version {}: {}", version.name, version.version, ModelVerdict::of(card).sentence);
            (RunState::Succeeded, end, line("info", summary))
        }
        Err(AppError::Forecast(ForecastError::Cancelled)) => {
            let end = RunOutcome { metrics: Value::Null, system, ..RunOutcome::default() };
            (RunState::Cancelled, end, line("warn", "cancelled".to_owned()))
        }
        Err(failure) => {
            let error = failure.to_string();
            let end = RunOutcome { metrics: Value::Null, system, error: Some(error.clone()), ..RunOutcome::default() };
            (RunState::Failed, end, line("error", error))
        }
    }
}

/// Passes on what it hears, and keeps the figures of the epochs.
struct MetricRecorder {
    of: Arc<dyn ProgressSink + Send + Sync>,
    seen: Mutex<Vec<RunMetric>>,
}

impl MetricRecorder {
    fn taken(&self) -> Vec<RunMetric> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ProgressSink for MetricRecorder {
    fn report(&self, progress: &Progress) {
        if let Progress::Epoch { epoch, train_loss, validation_loss, learning_rate, .. } = *progress {
            let figures =
                [("train_loss", train_loss), ("validation_loss", validation_loss), ("learning_rate", learning_rate)];
            let metric = |(key, value): (&str, f64)| RunMetric { key: key.to_owned(), step: epoch as u64, value };
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(figures.map(metric));
        }
        self.of.report(progress);
    }
}
