//! Which version of a name has which role.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, sea_query::OnConflict};

use super::{
    registry_event::{Alias, RegistryAction},
    registry_log::{append, new_entry},
};
use crate::{
    StoreError,
    entity::{model_alias, registry_event},
};

/// Returns the version number of every role.
pub(super) fn roles(rows: Vec<model_alias::Model>) -> BTreeMap<(String, Alias), u64> {
    let role = |row: model_alias::Model| {
        let alias = [Alias::Champion, Alias::Challenger].into_iter().find(|alias| alias.name() == row.alias)?;
        Some(((row.name, alias), row.version.unsigned_abs()))
    };
    rows.into_iter().filter_map(role).collect()
}

/// Assigns the role of a new version: champion if the name has none, otherwise challenger. Returns the role and the log
/// entry.
pub(super) async fn add_version(
    transaction: &DatabaseTransaction,
    name: &str,
    version: i64,
    actor: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(Alias, registry_event::Model), StoreError> {
    let champion = version_under(transaction, name, Alias::Champion).await?;
    let alias = if champion.is_some() { Alias::Challenger } else { Alias::Champion };
    set_alias(transaction, (name, alias), version, now).await?;
    let entry = registry_event::ActiveModel {
        previous: Set(champion),
        ..new_entry(name, RegistryAction::Publish, version, actor, now)
    };
    Ok((alias, append(transaction, entry).await?))
}

/// Returns the version number of a role.
pub(super) async fn version_under(
    connection: &impl ConnectionTrait,
    name: &str,
    alias: Alias,
) -> Result<Option<i64>, StoreError> {
    let key = (name.to_owned(), alias.name().to_owned());
    Ok(model_alias::Entity::find_by_id(key).one(connection).await?.map(|row| row.version))
}

pub(super) async fn set_alias(
    transaction: &DatabaseTransaction,
    (name, alias): (&str, Alias),
    version: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = model_alias::ActiveModel {
        name: Set(name.to_owned()),
        alias: Set(alias.name().to_owned()),
        version: Set(version),
        set_at: Set(now),
    };
    let update = OnConflict::columns([model_alias::Column::Name, model_alias::Column::Alias])
        .update_columns([model_alias::Column::Version, model_alias::Column::SetAt])
        .to_owned();
    model_alias::Entity::insert(row).on_conflict(update).exec_without_returning(transaction).await?;
    Ok(())
}
