//! The models in service, ready to forecast.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use closecast_domain::Card;
use closecast_model::{BaseModel, TrainedModel};
use closecast_store::{ModelVersion, StoreError, Topic};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    failure::Failure,
    model_cache::{Loaded, ModelCache, ModelKey},
};

/// Name of the model of all symbols.
pub(crate) const BASE: &str = "BASE";

/// How long another version may be in service without this program knowing, where the database tells nothing of itself.
const LOOK: Duration = Duration::from_secs(2);

/// A version of a model, loaded.
pub(crate) struct Served {
    pub(crate) version: ModelVersion,
    pub(crate) model: TrainedModel,
}

/// The models that are kept loaded.
pub(crate) type Models = ModelCache<Served, Failure>;

/// Returns the model in service under `name`; `None` when there is none.
///
/// # Errors
/// [`Failure`] when it cannot be read.
pub(crate) async fn served(app: &App, name: &str) -> Result<Option<Arc<Served>>, Failure> {
    if let Some(served) = app.models.champion(name) {
        return Ok(Some(served));
    }
    let ask = async {
        let version = app.store.models().in_service(name).await?;
        Ok::<_, StoreError>(version.map(|version| ModelKey { name: version.name, sha256: version.sha256 }))
    };
    let Some(key) = app.models.champion_key(name, ask).await? else { return Ok(None) };
    app.models.get_or_load(&key, load(app, &key)).await.map(Some).map_err(Failure::Shared)
}

/// Returns BASE: the one in service, else the one that ships with the program.
///
/// # Errors
/// [`Failure`] when it cannot be read.
pub(crate) async fn base(app: &App) -> Result<Arc<Served>, Failure> {
    if let Some(served) = served(app, BASE).await?
        && matches!(served.version.card, Card::Base(_))
        && served.version.card.symbol().is_none()
    {
        return Ok(served);
    }
    let key = ModelKey { name: BASE.to_owned(), sha256: "shipped".to_owned() };
    app.models.get_or_load(&key, std::future::ready(shipped())).await.map_err(Failure::Shared)
}

fn shipped() -> Result<Loaded<Served>, Failure> {
    let model = BaseModel::shipped()?;
    let version = ModelVersion {
        name: BASE.to_owned(),
        version: 0,
        sha256: model.sha256().to_owned(),
        size_bytes: BaseModel::shipped_size() as u64,
        card: Card::from(model.card().clone()),
        created_at: DateTime::UNIX_EPOCH,
        run_id: None,
    };
    Ok(loaded(version, TrainedModel::Base(Box::new(model))))
}

async fn load(app: &App, key: &ModelKey) -> Result<Loaded<Served>, Failure> {
    let version = app.store.models().with_artifact(&key.name, &key.sha256).await?;
    let version = version.ok_or_else(|| Failure::UnknownModel(key.name.clone()))?;
    let artifact = app.store.models().artifact(&version).await?;
    let read = move || TrainedModel::from_bytes(&artifact);
    let model = tokio::task::spawn_blocking(read).await.map_err(|panic| Failure::Internal(panic.to_string()))??;
    Ok(loaded(version, model))
}

fn loaded(version: ModelVersion, model: TrainedModel) -> Loaded<Served> {
    let memory_bytes = model.memory_bytes() as u64;
    Loaded { model: Served { version, model }, memory_bytes }
}

/// Keeps up with which versions are in service, until it is told to stop.
pub(crate) async fn follow(app: App, stopping: CancellationToken) {
    let mut news = app.store.wakeups().listen().await;
    let mut known = None;
    while !stopping.is_cancelled() {
        match changes(&app, &mut known).await {
            Ok(names) => names.iter().for_each(|name| app.models.invalidate(name)),
            Err(error) => {
                tracing::debug!("which models are in service cannot be asked: {error}");
                known = None;
            }
        }
        tokio::select! {
            () = news.wait(Topic::Models, LOOK) => (),
            () = stopping.cancelled() => (),
        }
    }
}

/// Returns the names that have another version in service since the line `known` of the registry's book.
async fn changes(app: &App, known: &mut Option<i64>) -> Result<Vec<String>, StoreError> {
    let Some(line) = *known else {
        *known = Some(app.store.models().last_event().await?);
        app.models.invalidate_all();
        return Ok(Vec::new());
    };
    let lines = app.store.models().events_after(line).await?;
    *known = lines.last().map(|line| line.id).or(*known);
    Ok(lines.into_iter().map(|line| line.name).collect())
}
