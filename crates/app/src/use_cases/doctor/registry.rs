//! Models: whether each version has its artifact, and whether names, roles and the registry's book agree.

use std::collections::{BTreeMap, BTreeSet};

use closecast_model::TrainedModel;
use closecast_store::{Alias, ListedVersion, RegistryAction, RegistryEvent};

use super::{Finding, REPAIR, Repair, or_unread};
use crate::{error::AppError, services::Services};

/// Who the registry's book says it was.
const ACTOR: &str = "doctor";

/// How many of the newest lines of a name's book are read.
const LINES: u64 = 1000;

/// What is known of the versions of a name: each, and whether it can serve.
type Versions = BTreeMap<u64, bool>;

pub(super) async fn findings(app: &Services, repair: Repair) -> Vec<Finding> {
    or_unread("models", look(app, repair).await)
}

async fn look(app: &Services, repair: Repair) -> Result<Vec<Finding>, AppError> {
    let inventory = app.store.models().inventory().await?;
    let aliases = app.store.models().aliases().await?;
    let mut names: BTreeMap<String, Versions> = BTreeMap::new();
    let mut findings = Vec::new();
    for version in &inventory {
        let is_champion = aliases.get(&(version.name.clone(), Alias::Champion)) == Some(&version.version);
        let finding = readable(app, version, is_champion).await?;
        let serves = finding.status == super::Status::Ok;
        names.entry(version.name.clone()).or_default().insert(version.version, serves);
        findings.push(finding);
    }
    let none = Versions::new();
    let mut gone = Vec::new();
    for ((name, alias), number) in &aliases {
        if !names.get(name).unwrap_or(&none).contains_key(number) {
            findings.push(dangling(app, (name, *alias), *number, repair).await?);
            gone.push((name.clone(), *alias));
        }
    }
    for (name, versions) in &names {
        let key = (name.clone(), Alias::Champion);
        let champion = aliases.get(&key).filter(|_| !gone.contains(&key)).copied();
        findings.extend(match champion {
            None => without_champion(app, name, versions, repair, gone.contains(&key)).await?,
            Some(champion) => book(&app.store.models().events(name, LINES).await?, (name, champion), versions),
        });
    }
    Ok(findings)
}

/// Reads the artifact of a version as if it were to serve.
async fn readable(app: &Services, listed: &ListedVersion, is_champion: bool) -> Result<Finding, AppError> {
    let name = format!("model {} version {}", listed.name, listed.version);
    let read = match &listed.read {
        Err(error) => Err(error.to_string()),
        Ok(version) => match app.store.models().artifact(version).await {
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(error) => Err(error.to_string()),
            Ok(bytes) => TrainedModel::from_bytes(&bytes).map(|_| bytes.len()).map_err(|error| error.to_string()),
        },
    };
    let error = match read {
        Ok(bytes) => return Ok(Finding::ok(name, format!("verified, {bytes} bytes"))),
        Err(error) => error,
    };
    if !is_champion {
        return Ok(
            Finding::error(name, error).remedy("it is not in service; restore its artifact, or leave it as it is")
        );
    }
    let earlier = app.store.models().earlier_champion(&listed.name).await?;
    let remedy = match earlier {
        Some(earlier) if serves(app, &listed.name, earlier).await => format!(
            "it is in service: `closecast models rollback {}` puts version {earlier} back into service",
            listed.name
        ),
        _ => "it is in service: restore its artifact from a backup, or train the model again and put it into service with \
              `closecast models promote --force`"
            .to_owned(),
    };
    Ok(Finding::error(name, error).remedy(remedy))
}

async fn serves(app: &Services, name: &str, version: u64) -> bool {
    let Ok(Some(version)) = app.store.models().version(name, version).await else { return false };
    let artifact = app.store.models().artifact(&version).await;
    artifact.is_ok_and(|bytes| TrainedModel::from_bytes(&bytes).is_ok())
}

async fn dangling(
    app: &Services,
    (name, alias): (&str, Alias),
    version: u64,
    repair: Repair,
) -> Result<Finding, AppError> {
    let role = alias.name();
    let detail = format!("version {version} is the {role}, and there is no such version");
    let finding = Finding::error(format!("{role} of {name}"), detail).remedy(REPAIR);
    if repair == Repair::No {
        return Ok(finding);
    }
    app.store.models().drop_dangling(name, alias).await?;
    Ok(finding.mended(vec![format!("took the role away from version {version}")]))
}

/// A name without a version in service forecasts nothing: its newest version that can serve is to do so.
async fn without_champion(
    app: &Services,
    name: &str,
    versions: &Versions,
    repair: Repair,
    is_told: bool,
) -> Result<Option<Finding>, AppError> {
    let finding = Finding::error(format!("champion of {name}"), "no version of it is in service");
    let Some(newest) = versions.iter().rev().find_map(|(version, &serves)| serves.then_some(*version)) else {
        let remedy = "no version of it can serve: restore its artifacts from a backup, or train the model again";
        return Ok(Some(finding.remedy(remedy)));
    };
    if repair == Repair::No {
        // The role of a missing version has been told of already, and mending that comes first.
        return Ok((!is_told).then(|| finding.remedy(REPAIR)));
    }
    let forced = (None, true);
    app.store.models().promote((name, newest), None, forced, Some(ACTOR), app.clock.now()).await?;
    Ok(Some(finding.mended(vec![format!("put version {newest} into service")])))
}

/// Reads the registry's book, which must end with the champion in service and tell of no version that there is not.
fn book(events: &[RegistryEvent], (name, champion): (&str, u64), versions: &Versions) -> Option<Finding> {
    let title = format!("book of {name}");
    let missing: BTreeSet<_> =
        events.iter().map(|event| event.version).filter(|version| !versions.contains_key(version)).collect();
    if !missing.is_empty() {
        let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
        let detail = format!("it tells of versions that there are not: {}", missing.join(", "));
        return Some(Finding::warning(title, detail).remedy("restore the database from a backup if they are missed"));
    }
    let newest = events.iter().max_by_key(|event| event.id)?;
    let by_the_book = match newest.action {
        RegistryAction::Publish => newest.previous.unwrap_or(newest.version),
        RegistryAction::Promote | RegistryAction::Rollback => newest.version,
    };
    let detail = format!("it ends with version {by_the_book} in service, and version {champion} is");
    let remedy = format!("`closecast models promote {name} --version N --force` says which one it is to be");
    (by_the_book != champion).then(|| Finding::warning(title, detail).remedy(remedy))
}
