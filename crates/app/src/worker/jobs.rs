//! What can be asked of a worker, one file a kind of job.

mod backtest_model;
mod promote_model;
mod refresh_bars;
mod retrain_model;
mod settle_forecasts;
mod train_model;
mod tune_model;

use closecast_store::{Job, NewJob};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    backtest_model::BacktestModel, promote_model::PromoteModel, refresh_bars::RefreshBars, retrain_model::RetrainModel,
    settle_forecasts::SettleForecasts, train_model::TrainModel, tune_model::TuneModel,
};
use super::progress::JobProgress;
use crate::{error::AppError, services::Services, use_cases::task::Task};

/// How often a job is begun at most: workers may die through no fault of the job.
const MAX_ATTEMPTS: u32 = 5;

/// The same for what a price source answers: with pauses from ten seconds to twenty minutes they last for hours.
const MAX_ATTEMPTS_OF_A_SOURCE: u32 = 14;

/// A piece of work, as it is kept in the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "payload", rename_all = "snake_case")]
pub enum JobPayload {
    /// Train a model and publish it.
    TrainModel(Box<TrainModel>),
    /// Train the model of a name again, as it was trained, on all that is stored by now.
    RetrainModel(RetrainModel),
    /// Put a new version into service when it is no worse.
    PromoteModel(PromoteModel),
    /// Fetch new prices.
    RefreshBars(RefreshBars),
    /// Enter the closes of past forecasts.
    SettleForecasts(SettleForecasts),
    /// Forecast days long past as if they were to come.
    BacktestModel(BacktestModel),
    /// Search for the settings of a model.
    TuneModel(TuneModel),
}

/// What a job works with.
pub(super) struct Context {
    pub(super) app: Services,
    pub(super) task: Task,
    pub(super) progress: JobProgress,
}

/// How a job that did what was asked left things.
#[derive(Debug)]
pub(super) enum Done {
    /// It entered its own end, together with what it made.
    Entered,
    /// This came of it.
    With(Value),
}

impl Done {
    /// Returns the end of a job of which `result` came.
    fn with(result: impl Serialize) -> Result<Self, AppError> {
        serde_json::to_value(result).map(Self::With).map_err(|error| AppError::Internal(error.to_string()))
    }
}

impl JobPayload {
    /// Names of all kinds of work.
    pub const KINDS: [&str; 7] = [
        "train_model",
        "retrain_model",
        "promote_model",
        "refresh_bars",
        "settle_forecasts",
        "backtest_model",
        "tune_model",
    ];

    /// Those of them that take a processor for long, which are limited together.
    pub const TRAININGS: [&str; 4] = ["train_model", "retrain_model", "backtest_model", "tune_model"];

    /// Reads the work of a job.
    ///
    /// # Errors
    /// [`AppError::Usage`] when a program of another version asked for something that this one does not know.
    pub(super) fn read(job: &Job) -> Result<Self, AppError> {
        let tagged = serde_json::json!({ "kind": job.kind, "payload": job.payload });
        serde_json::from_value(tagged)
            .map_err(|error| AppError::Usage(format!("this version does not know such a job {:?}: {error}", job.kind)))
    }

    /// Returns the job to put into the queue for whoever asked for it.
    pub fn job(&self, requested_by: Option<&str>) -> NewJob {
        // Plain data can always be written down.
        let mut tagged = serde_json::to_value(self).unwrap_or_default();
        let kind = tagged["kind"].as_str().unwrap_or_default().to_owned();
        NewJob {
            dedup_key: Some(format!("{kind} {}", tagged["payload"])),
            payload: tagged["payload"].take(),
            kind,
            priority: self.priority(),
            max_attempts: if matches!(self, Self::RefreshBars(_)) { MAX_ATTEMPTS_OF_A_SOURCE } else { MAX_ATTEMPTS },
            requested_by: requested_by.map(str::to_owned),
        }
    }

    /// Higher is sooner: what is quick and others wait for, before what takes long.
    fn priority(&self) -> i32 {
        match self {
            Self::SettleForecasts(_) | Self::PromoteModel(_) => 20,
            Self::RefreshBars(_) => 10,
            Self::TrainModel(_) | Self::RetrainModel(_) => 0,
            Self::BacktestModel(_) | Self::TuneModel(_) => -10,
        }
    }

    pub(super) async fn run(self, context: &Context) -> Result<Done, AppError> {
        match self {
            Self::TrainModel(work) => work.run(context).await,
            Self::RetrainModel(work) => work.run(context).await,
            Self::PromoteModel(work) => work.run(context).await,
            Self::RefreshBars(work) => work.run(context).await,
            Self::SettleForecasts(work) => work.run(context).await,
            Self::BacktestModel(work) => work.run(context).await,
            Self::TuneModel(work) => work.run(context).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use closecast_domain::Symbol;
    use serde_json::json;

    use super::*;

    #[test]
    fn work_is_read_back_as_it_was_asked_for() {
        let symbol = Symbol::new("AAPL").unwrap();
        let works = [
            JobPayload::TrainModel(Box::new(TrainModel::of(symbol.clone()))),
            JobPayload::RetrainModel(RetrainModel { model_name: Some("AAPL".into()), symbols: None }),
            JobPayload::PromoteModel(PromoteModel { model_name: "AAPL".into(), version: 2 }),
            JobPayload::RefreshBars(RefreshBars { symbols: vec![symbol.clone()], exchange: None }),
            JobPayload::SettleForecasts(SettleForecasts {}),
            JobPayload::BacktestModel(BacktestModel { symbols: vec![symbol.clone()], ..BacktestModel::default() }),
            JobPayload::TuneModel(TuneModel::of(symbol)),
        ];
        for work in works {
            let new = work.job(Some("ana"));
            let tagged: JobPayload =
                serde_json::from_value(json!({ "kind": new.kind, "payload": new.payload })).unwrap();
            assert_eq!(tagged, work);
            assert!(JobPayload::KINDS.contains(&new.kind.as_str()), "{}", new.kind);
            assert!(JobPayload::TRAININGS.iter().all(|kind| JobPayload::KINDS.contains(kind)));
        }
    }
}
