//! Registry checks of `doctor`, and the repair of dangling roles.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    aliases::version_under,
    record::{ModelVersion, model_version},
    registry_event::Alias,
    registry_log::earlier_champion,
    store::ModelStore,
};
use crate::{
    StoreError, Topic,
    entity::{model_alias, model_version as row},
    transaction::{begin_writing, lock_subject},
};

/// A listed version, whether or not its row can be parsed.
#[derive(Debug)]
pub struct ListedVersion {
    /// Name of the model.
    pub name: String,
    /// Number of the version.
    pub version: u64,
    /// SHA-256 of the artifact.
    pub sha256: String,
    /// The version, or why its row cannot be parsed.
    pub read: Result<ModelVersion, StoreError>,
}

impl ModelStore<'_> {
    /// Returns every version of every name, by name and newest first, including those that cannot be parsed.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn inventory(&self) -> Result<Vec<ListedVersion>, StoreError> {
        let rows = row::Entity::find()
            .order_by_asc(row::Column::Name)
            .order_by_desc(row::Column::Version)
            .all(self.database)
            .await?;
        let listed = |row: row::Model| ListedVersion {
            name: row.name.clone(),
            version: row.version.unsigned_abs(),
            sha256: row.sha256.clone(),
            read: model_version(row),
        };
        Ok(rows.into_iter().map(listed).collect())
    }

    /// Returns the hashes of all artifacts that versions refer to.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn referenced(&self) -> Result<HashSet<String>, StoreError> {
        let hashes =
            row::Entity::find().select_only().column(row::Column::Sha256).into_tuple().all(self.database).await?;
        Ok(hashes.into_iter().collect())
    }

    /// Returns the champion of `name` that a rollback would restore.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn earlier_champion(&self, name: &str) -> Result<Option<u64>, StoreError> {
        Ok(earlier_champion(self.database, name).await?.map(i64::unsigned_abs))
    }

    /// Removes the role `alias` of `name` if its version does not exist. Returns whether it was removed.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn drop_dangling(&self, name: &str, alias: Alias) -> Result<bool, StoreError> {
        let transaction = begin_writing(self.database).await?;
        lock_subject(&transaction, &format!("model {name}")).await?;
        let dangles = match version_under(&transaction, name, alias).await? {
            None => false,
            Some(version) => {
                let there = row::Entity::find()
                    .filter(row::Column::Name.eq(name))
                    .filter(row::Column::Version.eq(version))
                    .one(&transaction)
                    .await?;
                there.is_none()
            }
        };
        if dangles {
            let key = (name.to_owned(), alias.name().to_owned());
            model_alias::Entity::delete_by_id(key).exec(&transaction).await?;
        }
        transaction.commit().await?;
        self.notifier.notify(Topic::Models).await;
        Ok(dangles)
    }
}
