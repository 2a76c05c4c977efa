//! Putting a model into service: on evidence, or by force, which is recorded.

use closecast_domain::{Cancel, History, ModelRef};
use closecast_eval::promotion::{self, ComparedModel, Evidence, RECENT_SESSIONS};
use closecast_model::{TrainedModel, with_markets};
use closecast_store::{Alias, ModelVersion, StoreError};
use serde::Serialize;

use crate::{
    error::AppError,
    services::Services,
    use_cases::{background, history, market, serving::BASE},
};

/// What came of a challenge.
#[derive(Debug, Serialize)]
pub struct Challenge {
    /// Name of the model.
    pub name: String,
    /// Version in service before.
    pub champion: u64,
    /// Version that was compared.
    pub challenger: u64,
    /// Whether the challenger is in service now.
    pub promoted: bool,
    /// Whether that was against the evidence, or without any.
    pub forced: bool,
    /// How both did on common days.
    pub evidence: Option<Evidence>,
}

/// Who challenges whom, and how.
#[derive(Clone, Copy, Debug)]
pub struct Challenger<'a> {
    /// Name of the model.
    pub name: &'a str,
    /// Version to put into service; the challenger of the name when absent.
    pub version: Option<u64>,
    /// Put it into service whatever the evidence says.
    pub force: bool,
    /// Caller or command, for the log of the registry.
    pub actor: Option<&'a str>,
}

/// Sets the challenger beside the champion on recent days that neither has learned from, and puts it into service when it is
/// no worse, or when that is forced.
///
/// # Errors
/// [`AppError::UnknownModel`] or [`AppError::NoChallenger`] when there is nothing to compare, [`AppError`] when a model or a
/// history cannot be read, and [`AppError::Store`] when another version went into service meanwhile.
pub async fn challenge(app: &Services, asked: Challenger<'_>, cancel: Cancel) -> Result<Challenge, AppError> {
    let (champion, challenger) = rivals(app, asked).await?;
    // Force goes against the evidence, and not against a model that cannot be read.
    let loaded = load(app, &challenger).await?;
    let evidence = match evidence(app, &champion, (&challenger, loaded), cancel).await {
        Ok(evidence) => Some(evidence),
        Err(failure) if asked.force && !failure.is_cancelled() => {
            tracing::warn!("{} is put into service without evidence: {failure}", asked.name);
            None
        }
        Err(failure) => return Err(failure),
    };
    let convinced = evidence.as_ref().is_some_and(|evidence| evidence.verdict.is_promotion());
    let promoted = convinced || asked.force;
    let forced = promoted && !convinced;
    if promoted {
        let kept = evidence.as_ref().map(serde_json::to_value).transpose();
        let kept = kept.map_err(|error| AppError::Internal(error.to_string()))?;
        let to = (asked.name, challenger.version);
        let models = app.store.models();
        models.promote(to, Some(champion.version), (kept.as_ref(), forced), asked.actor, app.clock.now()).await?;
    }
    Ok(Challenge {
        name: asked.name.to_owned(),
        champion: champion.version,
        challenger: challenger.version,
        promoted,
        forced,
        evidence,
    })
}

/// Puts the champion before the present one into service again. Returns the versions in service before and from now on.
///
/// # Errors
/// [`AppError::UnknownModel`] when there is none of that name, [`AppError::Store`] when there was no other before or its artifact
/// is not there, [`AppError::Artifact`] when that cannot be read.
pub async fn rollback(app: &Services, name: &str, actor: Option<&str>) -> Result<(u64, u64), AppError> {
    let models = app.store.models();
    if models.in_service(name).await?.is_none() {
        // The one that ships with the program serves where none was trained.
        return Err(match name {
            BASE => StoreError::NoEarlierChampion { name: name.to_owned() }.into(),
            _ => AppError::UnknownModel(name.to_owned()),
        });
    }
    if let Some(version) = models.earlier_champion(name).await?
        && let Some(earlier) = models.version(name, version).await?
    {
        load(app, &earlier).await?;
    }
    Ok(models.rollback(name, actor, app.clock.now()).await?)
}

/// Returns champion and challenger.
async fn rivals(app: &Services, asked: Challenger<'_>) -> Result<(ModelVersion, ModelVersion), AppError> {
    let models = app.store.models();
    let unknown = || AppError::UnknownModel(asked.name.to_owned());
    let champion = models.in_service(asked.name).await?.ok_or_else(unknown)?;
    let challenger = match asked.version {
        Some(version) if version == champion.version => {
            return Err(AppError::Usage(format!("version {version} of {} is in service already", asked.name)));
        }
        Some(version) => {
            let name = asked.name.to_owned();
            let missing = closecast_store::StoreError::NoVersion { name, version };
            models.version(asked.name, version).await?.ok_or(missing)?
        }
        None => {
            let none = || AppError::NoChallenger(asked.name.to_owned());
            models.under(asked.name, Alias::Challenger).await?.ok_or_else(none)?
        }
    };
    Ok((champion, challenger))
}

/// Compares two versions of a name on the symbols that the name serves.
async fn evidence(
    app: &Services,
    champion: &ModelVersion,
    (challenger, loaded): (&ModelVersion, TrainedModel),
    cancel: Cancel,
) -> Result<Evidence, AppError> {
    let models = [load(app, champion).await?, loaded];
    let histories = histories(app, champion, &models).await?;
    let refs =
        [champion, challenger].map(|version| ModelRef { name: version.name.clone(), sha256: version.sha256.clone() });
    let seen = [champion.card.training_cutoff(&histories), challenger.card.training_cutoff(&histories)];
    let of_all = champion.card.symbol().is_none();
    let work = move || {
        let histories = if of_all { with_markets(histories) } else { histories };
        let rival = |at: usize| ComparedModel { model: &models[at], name: &refs[at], seen: seen[at] };
        promotion::compare(rival(0), rival(1), &histories, RECENT_SESSIONS, &cancel)
    };
    Ok(background::run("promote", work).await??)
}

async fn load(app: &Services, version: &ModelVersion) -> Result<TrainedModel, AppError> {
    let artifact = app.store.models().artifact(version).await?;
    Ok(background::run("load", move || TrainedModel::from_bytes(&artifact)).await??)
}

/// Returns the stored histories of the symbols that a name serves, in their markets where a model looks at these.
async fn histories(app: &Services, version: &ModelVersion, models: &[TrainedModel]) -> Result<Vec<History>, AppError> {
    if let Some(symbol) = version.card.symbol() {
        let history = history::load(app, symbol).await?.history;
        let looks_at_markets = models.iter().any(|model| matches!(model, TrainedModel::Base(_)));
        let history = if looks_at_markets { market::in_market(app, history).await? } else { history };
        return Ok(vec![history]);
    }
    let mut histories = Vec::new();
    for info in app.store.bars().list().await? {
        match history::load(app, &info.symbol).await {
            Ok(loaded) => histories.push(loaded.history),
            // Prices of no use are forecast by neither.
            Err(AppError::History(_) | AppError::NoHistory(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(histories)
}
