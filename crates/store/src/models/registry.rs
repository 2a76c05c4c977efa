//! Promotion and rollback: champion and challenger of a name.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use super::{
    aliases::{roles, set_alias, version_under},
    record::ModelVersion,
    registry_event::{Alias, RegistryAction, RegistryEvent, event},
    registry_log::{append, earlier_champion, emit_registry_event_in, new_entry},
    store::ModelStore,
};
use crate::{
    StoreError, Topic,
    entity::{model_alias, registry_event},
    transaction::{begin_writing, lock_subject},
};

impl ModelStore<'_> {
    /// Returns the version of `name` with the role `alias`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when its card cannot be parsed.
    pub async fn under(&self, name: &str, alias: Alias) -> Result<Option<ModelVersion>, StoreError> {
        match version_under(self.database, name, alias).await? {
            Some(version) => self.version(name, version.unsigned_abs()).await,
            None => Ok(None),
        }
    }

    /// Returns the version number of every role of every name.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn aliases(&self) -> Result<BTreeMap<(String, Alias), u64>, StoreError> {
        Ok(roles(model_alias::Entity::find().all(self.database).await?))
    }

    /// Promotes a version to champion. Returns the previous champion.
    ///
    /// # Errors
    /// [`StoreError::NoVersion`] when the version does not exist, [`StoreError::ChampionChanged`] when the champion is
    /// not `expected`, to which the evidence refers, [`StoreError::Database`] when writing fails.
    pub async fn promote(
        &self,
        (name, version): (&str, u64),
        expected: Option<u64>,
        (evidence, forced): (Option<&Value>, bool),
        actor: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<u64>, StoreError> {
        if self.version(name, version).await?.is_none() {
            return Err(StoreError::NoVersion { name: name.to_owned(), version });
        }
        let number = i64::try_from(version).unwrap_or(i64::MAX);
        let transaction = begin_writing(self.database).await?;
        lock_subject(&transaction, &format!("model {name}")).await?;
        let previous = version_under(&transaction, name, Alias::Champion).await?;
        if previous.map(i64::unsigned_abs) != expected {
            transaction.rollback().await?;
            return Err(StoreError::ChampionChanged { name: name.to_owned() });
        }
        set_alias(&transaction, (name, Alias::Champion), number, now).await?;
        if version_under(&transaction, name, Alias::Challenger).await? == Some(number) {
            model_alias::Entity::delete_by_id((name.to_owned(), Alias::Challenger.name().to_owned()))
                .exec(&transaction)
                .await?;
        }
        let entry = registry_event::ActiveModel {
            previous: Set(previous),
            forced: Set(forced),
            evidence: Set(evidence.map(Value::to_string)),
            ..new_entry(name, RegistryAction::Promote, number, actor, now)
        };
        let entry = append(&transaction, entry).await?;
        emit_registry_event_in(&transaction, entry, now).await?;
        transaction.commit().await?;
        self.notifier.notify(Topic::Models).await;
        self.notifier.notify(Topic::Events).await;
        Ok(previous.map(i64::unsigned_abs))
    }

    /// Makes the previous champion the champion again. Returns the old and the new champion.
    ///
    /// # Errors
    /// [`StoreError::NoEarlierChampion`] when there is none, [`StoreError::Database`] when writing fails.
    pub async fn rollback(
        &self,
        name: &str,
        actor: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(u64, u64), StoreError> {
        let transaction = begin_writing(self.database).await?;
        lock_subject(&transaction, &format!("model {name}")).await?;
        let champion = version_under(&transaction, name, Alias::Champion).await?;
        let earlier = earlier_champion(&transaction, name).await?;
        let (Some(champion), Some(earlier)) = (champion, earlier) else {
            transaction.rollback().await?;
            return Err(StoreError::NoEarlierChampion { name: name.to_owned() });
        };
        set_alias(&transaction, (name, Alias::Champion), earlier, now).await?;
        let entry = registry_event::ActiveModel {
            previous: Set(Some(champion)),
            ..new_entry(name, RegistryAction::Rollback, earlier, actor, now)
        };
        let entry = append(&transaction, entry).await?;
        emit_registry_event_in(&transaction, entry, now).await?;
        transaction.commit().await?;
        self.notifier.notify(Topic::Models).await;
        self.notifier.notify(Topic::Events).await;
        Ok((champion.unsigned_abs(), earlier.unsigned_abs()))
    }

    /// Returns at most `limit` entries of the log of `name`, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when an entry cannot be parsed.
    pub async fn events(&self, name: &str, limit: u64) -> Result<Vec<RegistryEvent>, StoreError> {
        self.events_before(name, None, limit).await
    }

    /// Returns the entries of the log after the entry `id`, oldest first.
    ///
    /// # Errors
    /// As for [`ModelStore::events`].
    pub async fn events_after(&self, id: i64) -> Result<Vec<RegistryEvent>, StoreError> {
        let rows = registry_event::Entity::find()
            .filter(registry_event::Column::Id.gt(id))
            .order_by_asc(registry_event::Column::Id)
            .all(self.database)
            .await?;
        rows.into_iter().map(event).collect()
    }

    /// Returns the identifier of the last entry of the log, 0 if it is empty.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn last_event(&self) -> Result<i64, StoreError> {
        let newest =
            registry_event::Entity::find().order_by_desc(registry_event::Column::Id).one(self.database).await?;
        Ok(newest.map_or(0, |row| row.id))
    }
}
