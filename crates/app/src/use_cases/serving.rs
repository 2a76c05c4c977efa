//! The models in service, ready to forecast.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use closecast_domain::{Card, Symbol};
use closecast_model::{BaseModel, TrainedModel, is_model_name};
use closecast_store::{Alias, ModelVersion, SeriesChangeMarker, StoreError, Topic};
use tokio_util::sync::CancellationToken;

use crate::{
    cache::Loaded,
    error::AppError,
    model_cache::ModelKey,
    services::Services,
    state::{LoadedModel, forget_models, forget_symbols},
};

/// Name of the model of all symbols.
pub const BASE: &str = "BASE";

/// How long another version may be in service without this program knowing, where the database tells nothing of itself.
const LOOK: Duration = Duration::from_secs(2);

/// Every so many looks all series are compared one by one.
const CLOSE_LOOK: u32 = 15;

/// Returns the model in service under `name`; `None` when there is none.
///
/// # Errors
/// [`AppError`] when it cannot be read.
pub async fn served(app: &Services, name: &str) -> Result<Option<Arc<LoadedModel>>, AppError> {
    if let Some(served) = app.models.champion(name) {
        return Ok(Some(served));
    }
    let ask = async {
        let version = app.store.models().in_service(name).await?;
        Ok::<_, StoreError>(version.map(|version| ModelKey { name: version.name, sha256: version.sha256 }))
    };
    let Some(key) = app.models.champion_key(name, ask).await? else { return Ok(None) };
    app.models.get_or_load(&key, Box::pin(load(app, &key))).await.map(Some).map_err(AppError::Shared)
}

/// Returns BASE: the one in service, else the one that ships with the program.
///
/// # Errors
/// [`AppError`] when it cannot be read.
pub async fn base(app: &Services) -> Result<Arc<LoadedModel>, AppError> {
    if let Some(served) = served(app, BASE).await?
        && matches!(served.version.card, Card::Base(_))
        && served.version.card.symbol().is_none()
    {
        return Ok(served);
    }
    let key = ModelKey { name: BASE.to_owned(), sha256: "shipped".to_owned() };
    app.models.get_or_load(&key, std::future::ready(shipped())).await.map_err(AppError::Shared)
}

/// Returns a version of the model `name`, in service or not; the one in service when none is named. BASE has one that ships with the
/// program, which is version 0.
///
/// # Errors
/// [`AppError::UnknownModel`] when there is none, [`AppError`] when it cannot be read.
pub async fn version(app: &Services, name: &str, version: Option<u64>) -> Result<Arc<LoadedModel>, AppError> {
    let unknown = || match version {
        Some(version) => AppError::UnknownModel(format!("{name} version {version}")),
        None => AppError::UnknownModel(name.to_owned()),
    };
    if !is_model_name(name) {
        return Err(unknown());
    }
    let in_service = if name == BASE { Some(base(app).await?) } else { served(app, name).await? };
    match (in_service, version) {
        (Some(served), None) => return Ok(served),
        (Some(served), Some(version)) if served.version.version == version => return Ok(served),
        (_, None) => return Err(unknown()),
        _ => {}
    }
    let stored = app.store.models().version(name, version.unwrap_or_default()).await?.ok_or_else(unknown)?;
    let key = ModelKey { name: stored.name, sha256: stored.sha256 };
    app.models.get_or_load(&key, Box::pin(load(app, &key))).await.map_err(AppError::Shared)
}

/// Returns the versions of all models, by name, the one in service first and then the newest.
///
/// # Errors
/// [`AppError::Store`] when they cannot be read.
pub async fn versions(app: &Services) -> Result<BTreeMap<String, Vec<u64>>, AppError> {
    let mut all: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for version in app.store.models().list().await? {
        all.entry(version.name).or_default().push(version.version);
    }
    for ((name, alias), version) in app.store.models().aliases().await? {
        if let (Alias::Champion, Some(versions)) = (alias, all.get_mut(&name)) {
            versions.sort_by_key(|&other| (other != version, std::cmp::Reverse(other)));
        }
    }
    let base = self::base(app).await?.version.version;
    let versions = all.entry(BASE.to_owned()).or_default();
    if !versions.contains(&base) {
        versions.insert(0, base);
    }
    Ok(all)
}

fn shipped() -> Result<Loaded<LoadedModel>, AppError> {
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

async fn load(app: &Services, key: &ModelKey) -> Result<Loaded<LoadedModel>, AppError> {
    let version = app.store.models().with_artifact(&key.name, &key.sha256).await?;
    let version = version.ok_or_else(|| AppError::UnknownModel(key.name.clone()))?;
    let artifact = app.store.models().artifact(&version).await?;
    let read = move || TrainedModel::from_bytes(&artifact);
    let model = tokio::task::spawn_blocking(read).await.map_err(|panic| AppError::Internal(panic.to_string()))??;
    Ok(loaded(version, model))
}

fn loaded(version: ModelVersion, model: TrainedModel) -> Loaded<LoadedModel> {
    let memory_bytes = model.memory_bytes() as u64;
    Loaded { value: LoadedModel { version, model }, memory_bytes }
}

/// Keeps up with which models are in service and which prices are stored, until it is told to stop.
pub async fn follow(app: Services, stopping: CancellationToken) {
    let mut news = app.store.notifier().listen().await;
    let mut known = Known::default();
    let (mut looks, mut heard) = (0_u32, None);
    // Ready before anybody asks: it forecasts whatever has no model of its own.
    if let Err(failure) = base(&app).await {
        tracing::warn!("the model {BASE} cannot be read: {failure}");
    }
    while !stopping.is_cancelled() {
        looks = looks.wrapping_add(1);
        // At a glance a series can be missed that was stored by a clock behind another's.
        let closely = matches!(heard, Some(Topic::Bars | Topic::Anything)) || looks.is_multiple_of(CLOSE_LOOK);
        if let Err(error) = known.look(&app, closely).await {
            tracing::debug!("what has changed cannot be asked: {error}");
            // What happens meanwhile may be missed.
            known = Known::default();
        }
        tokio::select! {
            topic = news.wait(&[Topic::Models, Topic::Bars], LOOK) => heard = topic,
            () = stopping.cancelled() => (),
        }
    }
}

/// What this program has heard of.
#[derive(Default)]
struct Known {
    /// Last line of the registry's book.
    line: Option<i64>,
    /// When each series was stored, and what to see of that at a glance.
    bars: Option<(SeriesChangeMarker, BTreeMap<Symbol, DateTime<Utc>>)>,
}

impl Known {
    /// Forgets whatever was overtaken since the last look.
    async fn look(&mut self, app: &Services, closely: bool) -> Result<(), StoreError> {
        self.look_at_models(app).await?;
        self.look_at_bars(app, closely).await
    }

    async fn look_at_models(&mut self, app: &Services) -> Result<(), StoreError> {
        let Some(line) = self.line else {
            self.line = Some(app.store.models().last_event().await?);
            app.models.invalidate_all();
            app.forecasts.drop_where(|_, _| true);
            return Ok(());
        };
        let lines = app.store.models().events_after(line).await?;
        if lines.is_empty() && app.store.models().last_event().await? < line {
            // The book is another one: a backup was restored.
            *self = Self::default();
            app.models.invalidate_all();
            app.forecasts.drop_where(|_, _| true);
            return Ok(());
        }
        self.line = lines.last().map(|line| line.id).or(self.line);
        let names: BTreeSet<String> = lines.into_iter().map(|line| line.name).collect();
        if !names.is_empty() {
            names.iter().for_each(|name| app.models.invalidate(name));
            forget_models(&app.forecasts, &names);
        }
        Ok(())
    }

    async fn look_at_bars(&mut self, app: &Services, closely: bool) -> Result<(), StoreError> {
        let glance = app.store.bars().change_marker().await?;
        if !closely && self.bars.as_ref().is_some_and(|(known, _)| *known == glance) {
            return Ok(());
        }
        let stored: BTreeMap<Symbol, DateTime<Utc>> = app.store.bars().stored_at().await?.into_iter().collect();
        let changed: BTreeSet<Symbol> = match &self.bars {
            // Only those that are new or have another stamp, and those that are gone.
            Some((_, known)) => {
                let differs = |(symbol, stamp): &(&Symbol, &DateTime<Utc>)| known.get(*symbol) != Some(*stamp);
                let gone = known.keys().filter(|symbol| !stored.contains_key(*symbol));
                stored.iter().filter(differs).map(|(symbol, _)| symbol).chain(gone).cloned().collect()
            }
            None => stored.keys().cloned().collect(),
        };
        self.bars = Some((glance, stored));
        if !changed.is_empty() {
            forget_symbols(&app.forecasts, &changed);
        }
        Ok(())
    }
}
