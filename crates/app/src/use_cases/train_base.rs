//! Training of BASE, the model of all symbols, and of models of one symbol that begin as BASE.

use std::{path::PathBuf, sync::Arc};

use closecast_domain::{Card, History, Symbol};
use closecast_model::{BaseForecaster, CheckedBaseSpec, TrainedModel, with_markets};
use closecast_store::ModelVersion;
use serde_json::json;

use crate::{
    error::AppError,
    services::Services,
    use_cases::{
        background, history, market,
        output_file::OutputFile,
        price_folder,
        publish::publish,
        run::{RunOf, RunRecorder},
        serving,
        task::Task,
    },
};

/// What to learn from, and where the model goes.
pub struct BaseRequest {
    /// Stored symbols.
    pub symbols: Vec<Symbol>,
    /// Leave out symbols whose prices are of no use, instead of failing.
    pub leave_out_unusable: bool,
    /// Folders of price files.
    pub folders: Vec<PathBuf>,
    /// Description of the model.
    pub spec: CheckedBaseSpec,
    /// Where the prices come from, for the card.
    pub sources: String,
    /// File to write the model to, beside publishing it.
    pub artifact_out: Option<PathBuf>,
}

/// Trains BASE, calibrates it and publishes it under its name.
///
/// # Errors
/// [`AppError`] when prices cannot be read, training fails or is cancelled, or the model cannot be stored.
pub async fn train_base(app: &Services, request: BaseRequest, task: &Task) -> Result<ModelVersion, AppError> {
    let out = request.artifact_out.as_deref().map(OutputFile::create).transpose()?;
    let parameters = json!({
        "symbols": request.symbols, "folders": request.folders, "spec": request.spec.spec(), "sources": request.sources,
    });
    let of = RunOf { name: serving::BASE.to_owned(), symbol: None, kind: "train_base", parameters };
    let recording = RunRecorder::begin(app, task, of).await?;
    let done = async {
        let (task, run) = (&recording.task, recording.run.as_str());
        let histories = histories(app, &request).await?;
        let threads = app.options.training_threads();
        let forecaster = BaseForecaster::new(request.spec).threads(Some(threads)).sources(request.sources);
        let (cancel, progress) = (task.cancel.clone(), Arc::clone(&task.progress));
        let work = move || -> Result<_, AppError> {
            let mut model = forecaster.fit_base(&with_markets(histories), &cancel, progress.as_ref())?;
            let bytes = model.to_bytes()?;
            Ok((Card::from(model.card().clone()), bytes))
        };
        let (card, bytes) = background::run("train", work).await??;
        if let Some(out) = out {
            out.write(|file| file.write_all(&bytes))?;
        }
        publish(app, (&card, bytes), task, run).await
    }
    .await;
    recording.end(app, done).await
}

/// Returns the histories that BASE is to learn from.
async fn histories(app: &Services, request: &BaseRequest) -> Result<Vec<History>, AppError> {
    let mut histories: Vec<History> = Vec::new();
    for folder in &request.folders {
        histories.extend(price_folder::read(folder)?);
    }
    for symbol in &request.symbols {
        match history::load_to_learn(app, symbol, None, None).await {
            Ok(history) => histories.push(history),
            Err(failure @ (AppError::History(_) | AppError::NoHistory(_))) if request.leave_out_unusable => {
                tracing::warn!("{symbol} is left out: {failure}");
            }
            Err(failure) => return Err(failure),
        }
    }
    refuse_repeated(&histories)?;
    Ok(histories)
}

/// Trains BASE on for one stored symbol and publishes the model under the symbol's name.
///
/// # Errors
/// [`AppError`] as for [`train_base`].
pub async fn fine_tune(app: &Services, symbol: &Symbol, task: &Task) -> Result<ModelVersion, AppError> {
    let (name, parameters) = (symbol.to_string(), json!({ "symbol": symbol }));
    let of = RunOf { name: name.clone(), symbol: Some(name), kind: "fine_tune", parameters };
    let recording = RunRecorder::begin(app, task, of).await?;
    let done = async {
        let (task, run) = (&recording.task, recording.run.as_str());
        let history = history::load_to_learn(app, symbol, None, None).await?;
        let history = market::in_market(app, history).await?;
        let served = serving::base(app).await?;
        let (cancel, progress) = (task.cancel.clone(), Arc::clone(&task.progress));
        let work = move || -> Result<_, AppError> {
            let TrainedModel::Base(base) = &served.model else {
                let name = serving::BASE;
                return Err(AppError::Usage(format!(
                    "the model {name} in service is not one of all symbols: train one with `closecast train --base`"
                )));
            };
            let mut model = base.fine_tune(&history, &CheckedBaseSpec::default(), (&cancel, progress.as_ref()))?;
            let bytes = model.to_bytes()?;
            Ok((Card::from(model.card().clone()), bytes))
        };
        let (card, bytes) = background::run("train", work).await??;
        publish(app, (&card, bytes), task, run).await
    }
    .await;
    recording.end(app, done).await
}

/// Refuses sessions of a symbol that are there twice: they would count twice.
fn refuse_repeated(histories: &[History]) -> Result<(), AppError> {
    let mut ordered: Vec<&History> = histories.iter().collect();
    ordered.sort_by_key(|history| (history.symbol(), history.bars()[0].date));
    let overlapping = ordered
        .windows(2)
        .find(|pair| pair[0].symbol() == pair[1].symbol() && pair[1].bars()[0].date <= pair[0].last().date);
    match overlapping {
        Some(pair) => Err(AppError::Usage(format!(
            "the prices of {} from {} on are there twice: name each symbol and folder once",
            pair[1].symbol(),
            pair[1].bars()[0].date
        ))),
        None => Ok(()),
    }
}
