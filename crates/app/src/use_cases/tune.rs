//! Search for the settings of a symbol's model.

mod store;

use chrono::NaiveDate;
use closecast_domain::{Cancel, Symbol};
use closecast_model::tune::{CheckedSpace, TunePlan, TuneProgress, TuneSpec, Tuning};

use self::store::FolderStore;
use crate::{
    error::AppError,
    options::TrainingDevice,
    services::Services,
    use_cases::{background, history},
};

/// What is to be searched.
pub struct TuneRequest {
    /// Symbol to tune for.
    pub symbol: Symbol,
    /// Space that is searched.
    pub space: CheckedSpace,
    /// Models to try.
    pub trials: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// First session used, included.
    pub start_date: Option<NaiveDate>,
    /// Last session used, included.
    pub end_date: Option<NaiveDate>,
    /// Begin from scratch although finished trials of the same search are there.
    pub restart: bool,
}

/// Searches on all threads, each model on one, at a lower priority.
///
/// # Errors
/// [`AppError`] when there is no history or it is too short, no model can be trained, or the work is cancelled. Finished trials
/// are kept, and the same command goes on from them.
pub async fn tune(
    app: &Services,
    request: TuneRequest,
    progress: impl TuneProgress + Send + 'static,
    cancel: Cancel,
) -> Result<Tuning, AppError> {
    let history = history::load_to_learn(app, &request.symbol, request.start_date, request.end_date).await?;
    if app.options.device != TrainingDevice::Cpu {
        tracing::warn!(
            "models are tried on the CPU, one a thread: networks of this size gain nothing on another device"
        );
    }
    let threads = app.options.training_threads();
    let folder = app.options.data_dir.join("tunes");
    let TuneRequest { space, trials, seed, restart, .. } = request;
    let work = move || -> Result<Tuning, AppError> {
        let plan = TunePlan::new(&TuneSpec { space, trials, seed }, &history)?;
        let store = FolderStore::open(&folder, plan.key(), restart)?;
        Ok(plan.run(threads, &store, &cancel, &progress)?)
    };
    background::run("tune", work).await?
}
