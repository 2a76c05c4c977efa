//! The registry: models, their versions, and how each came into service.

pub(crate) mod artifact;
pub(crate) mod path;
pub(crate) mod service;

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use closecast_domain::Symbol;
use closecast_store::{Alias, ModelFilter, ModelVersion, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use self::path::{NamePath, VersionPath};
use crate::state::ServerState;
use crate::{
    extract::Parameters,
    model_name::check_model_name,
    problem::{Problem, ProblemBody, within},
};
use closecast_api::model::{EventView, NamedModelView, VersionView};
use closecast_app::{
    error::AppError,
    use_cases::serving::{self, BASE},
};

/// Most entries of a page.
const MAX_LIMIT: u64 = 200;

/// Which models.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only the model of this name.
    #[param(example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    name: Option<String>,
    /// Only models of this symbol.
    #[param(value_type = Option<String>, example = "AAPL", max_length = 24, pattern = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")]
    symbol: Option<Symbol>,
    /// Name of the last model of the page before.
    #[param(max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    after: Option<String>,
    /// Most models of the page.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// Which part of a list that begins with the newest.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Older {
    /// Only those before this one.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    before: Option<u64>,
    /// Most entries of the page.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// Largest number that every program reads exactly out of JSON.
const LARGEST_NUMBER: u64 = 9_007_199_254_740_991;

impl Older {
    /// Returns the limit, if both parameters are in their ranges.
    fn checked_limit(&self) -> Result<u64, Problem> {
        self.before.map_or(Ok(()), |before| within("before", before, 1..=LARGEST_NUMBER))?;
        checked_limit(self.limit)
    }
}

/// A page of models, by name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Models)]
pub(crate) struct Page {
    models: Vec<NamedModelView>,
    /// Where the next page begins, to be given as `after`.
    next: Option<String>,
}

/// A page of the versions of a model, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelVersions)]
pub(crate) struct Versions {
    name: String,
    /// Number of the version in service; 0 for the model that ships with the program.
    champion: Option<u64>,
    /// Number of the version that wants to be.
    challenger: Option<u64>,
    versions: Vec<VersionView>,
    /// Where the next page begins, to be given as `before`.
    next: Option<u64>,
}

/// A page of the registry's book about a model, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RegistryEvents)]
pub(crate) struct Book {
    events: Vec<EventView>,
    /// Where the next page begins, to be given as `before`.
    next: Option<i64>,
}

/// The roles of one name.
type Roles = BTreeMap<(String, Alias), u64>;

/// Lists models by name, each with the version in service. The one that ships with the program is not among them until there is
/// another version of it.
#[utoipa::path(get, path = "/api/models", tag = "models", params(Asked), responses(
    (status = 200, description = "A page of models", body = Page),
    (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<Asked>,
) -> Result<Json<Page>, Problem> {
    let limit = checked_limit(asked.limit)?;
    for (field, name) in [("name", &asked.name), ("after", &asked.after)] {
        check_model_name(field, name.as_deref())?;
    }
    let filter = ModelFilter { name: asked.name, symbol: asked.symbol.map(String::from) };
    let found = app.store.models().champions(&filter, asked.after.as_deref(), limit).await.map_err(AppError::from)?;
    let names: Vec<&str> = found.iter().map(|version| version.name.as_str()).collect();
    let roles = app.store.models().aliases_of(&names).await.map_err(AppError::from)?;
    let next = found.last().filter(|_| found.len() as u64 == limit).map(|version| version.name.clone());
    let models = found.iter().map(|version| NamedModelView {
        name: version.name.clone(),
        champion: version.version,
        challenger: roles.get(&(version.name.clone(), Alias::Challenger)).copied(),
        in_service: VersionView::new(version, Some(Alias::Champion)),
    });
    Ok(Json(Page { models: models.collect(), next }))
}

/// Lists the versions of a model, newest first.
#[utoipa::path(get, path = "/api/models/{name}", tag = "models",
    params(("name" = String, Path, description = "Name of the model", example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$"), Older),
    responses(
        (status = 200, description = "A page of its versions", body = Versions),
        (status = 404, description = "There is no such model", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn show(
    State(app): State<ServerState>,
    NamePath(name): NamePath,
    Parameters(older): Parameters<Older>,
) -> Result<Json<Versions>, Problem> {
    let limit = older.checked_limit()?;
    let roles = app.store.models().aliases_of(&[&name]).await.map_err(AppError::from)?;
    let role = |alias| roles.get(&(name.clone(), alias)).copied();
    let found = app.store.models().versions(&name, older.before, limit).await.map_err(AppError::from)?;
    if found.is_empty() && roles.is_empty() {
        let shipped = shipped(&app, &name).await?;
        let versions = vec![VersionView::new(&shipped, Some(Alias::Champion))];
        return Ok(Json(Versions { name, champion: Some(0), challenger: None, versions, next: None }));
    }
    let next = found.last().filter(|_| found.len() as u64 == limit).map(|version| version.version);
    let versions = found.iter().map(|version| VersionView::new(version, alias_of(&roles, version))).collect();
    let (champion, challenger) = (role(Alias::Champion), role(Alias::Challenger));
    Ok(Json(Versions { name, champion, challenger, versions, next }))
}

/// Shows a version of a model.
#[utoipa::path(get, path = "/api/models/{name}/versions/{version}", tag = "models",
    params(
        ("name" = String, Path, description = "Name of the model", example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$"),
        ("version" = u64, Path, description = "Number of the version", example = 1, minimum = 0),
    ),
    responses(
        (status = 200, description = "The version", body = VersionView),
        (status = 404, description = "There is no such version", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn version(State(app): State<ServerState>, path: VersionPath) -> Result<Json<VersionView>, Problem> {
    let version = find(&app, &path).await?;
    let roles = app.store.models().aliases_of(&[&path.name]).await.map_err(AppError::from)?;
    let alias =
        if version.version == 0 && roles.is_empty() { Some(Alias::Champion) } else { alias_of(&roles, &version) };
    Ok(Json(VersionView::new(&version, alias)))
}

/// Lists what happened to a model, newest first.
#[utoipa::path(get, path = "/api/models/{name}/events", tag = "models",
    params(("name" = String, Path, description = "Name of the model", example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$"), Older),
    responses(
        (status = 200, description = "A page of the registry's book", body = Book),
        (status = 404, description = "There is no such model", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn events(
    State(app): State<ServerState>,
    NamePath(name): NamePath,
    Parameters(older): Parameters<Older>,
) -> Result<Json<Book>, Problem> {
    let limit = older.checked_limit()?;
    known(&app, &name).await?;
    let before = older.before.map(|before| i64::try_from(before).unwrap_or(i64::MAX));
    let lines = app.store.models().events_before(&name, before, limit).await.map_err(AppError::from)?;
    let next = lines.last().filter(|_| lines.len() as u64 == limit).map(|line| line.id);
    Ok(Json(Book { events: lines.into_iter().map(EventView::from).collect(), next }))
}

/// Refuses a name that no model has.
pub(super) async fn known(app: &ServerState, name: &str) -> Result<(), AppError> {
    if name == BASE || app.store.models().in_service(name).await?.is_some() {
        return Ok(());
    }
    Err(AppError::UnknownModel(name.to_owned()))
}

/// Returns a version, which may be the one that ships with the program.
async fn find(app: &ServerState, VersionPath { name, version }: &VersionPath) -> Result<ModelVersion, AppError> {
    if let Some(found) = app.store.models().version(name, *version).await? {
        return Ok(found);
    }
    known(app, name).await?;
    match version {
        0 if app.store.models().in_service(name).await?.is_none() => shipped(app, name).await,
        _ => Err(StoreError::NoVersion { name: name.clone(), version: *version }.into()),
    }
}

/// Returns the model that ships with the program, if `name` is its.
async fn shipped(app: &ServerState, name: &str) -> Result<ModelVersion, AppError> {
    if name == BASE {
        return Ok(serving::base(app).await?.version.clone());
    }
    Err(AppError::UnknownModel(name.to_owned()))
}

fn alias_of(roles: &Roles, version: &ModelVersion) -> Option<Alias> {
    let plays = |alias: &Alias| roles.get(&(version.name.clone(), *alias)) == Some(&version.version);
    [Alias::Champion, Alias::Challenger].into_iter().find(plays)
}

fn checked_limit(limit: Option<u64>) -> Result<u64, Problem> {
    let limit = limit.unwrap_or(50);
    within("limit", limit, 1..=MAX_LIMIT)?;
    Ok(limit)
}
