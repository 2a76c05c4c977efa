//! Training a model of one symbol and publishing it.

use chrono::NaiveDate;
use closecast_domain::{Card, Forecaster, Symbol};
use closecast_model::{CheckedSpec, LstmForecaster, is_model_name};
use closecast_store::ModelVersion;
use serde_json::json;

use crate::{
    error::AppError,
    model_spec::PartialSpec,
    services::Services,
    use_cases::{
        background, device, history,
        publish::publish,
        run::{RunOf, RunRecorder},
        serving,
        task::Task,
    },
};

/// What to train.
pub struct TrainRequest {
    /// Symbol to train on.
    pub symbol: Symbol,
    /// Name to publish under; the symbol when absent.
    pub model_name: Option<String>,
    /// Description of the model.
    pub spec: CheckedSpec,
    /// First session used, included.
    pub start_date: Option<NaiveDate>,
    /// Last session used, included.
    pub end_date: Option<NaiveDate>,
}

/// Trains, evaluates and publishes. The version in service stays in service until the new one is complete, and after that
/// unless the new one is no worse.
///
/// # Errors
/// [`AppError`] when there is no history, training fails or is cancelled, or the model cannot be stored.
pub async fn train(app: &Services, request: TrainRequest, task: &Task) -> Result<ModelVersion, AppError> {
    let name = model_name(&request)?;
    refuse_name_of_another(app, &name, &request.symbol).await?;
    let spec = request.spec.spec();
    let parameters = json!({
        "symbol": request.symbol, "start_date": request.start_date, "end_date": request.end_date,
        "spec": PartialSpec::from(spec), "device": app.options.device,
    });
    let of = RunOf { name: name.clone(), symbol: Some(request.symbol.to_string()), kind: "train", parameters };
    let recording = RunRecorder::begin(app, task, of).await?;
    let done = async {
        let (task, run) = (&recording.task, recording.run.as_str());
        let history = history::load_to_learn(app, &request.symbol, request.start_date, request.end_date).await?;
        let device = app.options.device;
        // Threads of its own inherit the priority of the thread that starts them; the shared pool's would not.
        let threads = app.options.training_threads();
        let forecaster = LstmForecaster::new(name, request.spec.clone()).threads(Some(threads));
        let (cancel, progress) = (task.cancel.clone(), std::sync::Arc::clone(&task.progress));
        let work = move || -> Result<_, AppError> {
            let forecaster = forecaster.accelerator(device::accelerator(device));
            let mut model = forecaster.fit(&history, &cancel, progress.as_ref())?;
            let bytes = model.to_bytes()?;
            Ok((Card::from(model.card().clone()), bytes))
        };
        let (card, bytes) = background::run("train", work).await??;
        publish(app, (&card, bytes), task, run).await
    }
    .await;
    recording.end(app, done).await
}

/// Refuses a name under which another symbol is or would be forecast.
///
/// # Errors
/// [`AppError::Usage`] with the other symbol, [`AppError::Store`] when the store cannot be read.
pub async fn refuse_name_of_another(app: &Services, name: &str, symbol: &Symbol) -> Result<(), AppError> {
    if name == symbol.as_str() {
        return Ok(());
    }
    if name.eq_ignore_ascii_case(serving::BASE) {
        let base = serving::BASE;
        return Err(AppError::Usage(format!(
            "the name {name} looks like {base}, the model of all symbols: choose another"
        )));
    }
    let published = app.store.models().in_service(name).await?;
    if let Some(other) = published.as_ref().and_then(|version| version.card.symbol()).filter(|other| *other != symbol) {
        return Err(AppError::Usage(format!(
            "the model {name} is one of {other}: choose another name for one of {symbol}"
        )));
    }
    let stored = match Symbol::new(name) {
        Ok(other) if other != *symbol => app.store.bars().info(&other).await?,
        _ => None,
    };
    match stored {
        Some(other) => Err(AppError::Usage(format!(
            "{} is a stored symbol, which would be forecast by this model of {symbol}: choose another name",
            other.symbol
        ))),
        None => Ok(()),
    }
}

/// Refuses dates in the wrong order.
///
/// # Errors
/// [`AppError::Usage`] with both dates.
pub fn check_dates(start: Option<NaiveDate>, end: Option<NaiveDate>) -> Result<(), AppError> {
    match (start, end) {
        (Some(start), Some(end)) if start >= end => {
            Err(AppError::Usage(format!("start-date {start} is not before end-date {end}")))
        }
        _ => Ok(()),
    }
}

/// Returns the name to publish under: letters, digits, dots, dashes and underscores, so that it can stand in an address.
///
/// # Errors
/// [`AppError::Usage`] when it cannot.
pub fn model_name(request: &TrainRequest) -> Result<String, AppError> {
    let name = request.model_name.clone().unwrap_or_else(|| request.symbol.to_string());
    if name == serving::BASE {
        return Err(AppError::Usage(format!(
            "the name {name} is that of the model of all symbols: choose another --model-name, or train that one with --base"
        )));
    }
    if !is_model_name(&name) {
        return Err(AppError::Usage(format!(
            "model-name {name:?} is not valid: 1 to 64 letters, digits and . - _ are allowed, not starting with . or -"
        )));
    }
    Ok(name)
}
