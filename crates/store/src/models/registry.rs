//! Champion and challenger: which version of a name is in service, which one wants to be, and how that came about.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use super::{
    aliases::{roles, set, version_under},
    log::{announce_line_in, earlier_champion, line, write},
    record::ModelVersion,
    registry_event::{Alias, RegistryAction, RegistryEvent, event},
    store::ModelStore,
};
use crate::{
    StoreError, Topic,
    entity::{model_alias, registry_event},
    transaction::{begin_writing, lock_subject},
};

impl ModelStore<'_> {
    /// Returns the version of `name` that plays the role `alias`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when its card cannot be understood.
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

    /// Puts a version into service on the given evidence. Returns the version in service before.
    ///
    /// # Errors
    /// [`StoreError::NoVersion`] when there is no such version, [`StoreError::ChampionChanged`] when another version than
    /// `expected` is in service by now: the evidence is about that one. [`StoreError::Database`] when writing fails.
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
        set(&transaction, (name, Alias::Champion), number, now).await?;
        if version_under(&transaction, name, Alias::Challenger).await? == Some(number) {
            model_alias::Entity::delete_by_id((name.to_owned(), Alias::Challenger.name().to_owned()))
                .exec(&transaction)
                .await?;
        }
        let line = registry_event::ActiveModel {
            previous: Set(previous),
            forced: Set(forced),
            evidence: Set(evidence.map(Value::to_string)),
            ..line(name, RegistryAction::Promote, number, actor, now)
        };
        let line = write(&transaction, line).await?;
        announce_line_in(&transaction, line, now).await?;
        transaction.commit().await?;
        self.wakeups.tell(Topic::Models).await;
        self.wakeups.tell(Topic::Events).await;
        Ok(previous.map(i64::unsigned_abs))
    }

    /// Puts the champion before the present one into service again. Returns the versions in service before and from now on.
    ///
    /// # Errors
    /// [`StoreError::NoEarlierChampion`] when there was none, [`StoreError::Database`] when writing fails.
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
        set(&transaction, (name, Alias::Champion), earlier, now).await?;
        let line = registry_event::ActiveModel {
            previous: Set(Some(champion)),
            ..line(name, RegistryAction::Rollback, earlier, actor, now)
        };
        let line = write(&transaction, line).await?;
        announce_line_in(&transaction, line, now).await?;
        transaction.commit().await?;
        self.wakeups.tell(Topic::Models).await;
        self.wakeups.tell(Topic::Events).await;
        Ok((champion.unsigned_abs(), earlier.unsigned_abs()))
    }

    /// Returns at most `limit` lines of the book about `name`, newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a line cannot be understood.
    pub async fn events(&self, name: &str, limit: u64) -> Result<Vec<RegistryEvent>, StoreError> {
        self.events_before(name, None, limit).await
    }

    /// Returns the lines of the book after the line `id`, oldest first: what a server that knew the registry then has missed.
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

    /// Returns the number of the book's last line, 0 when it is empty.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn last_event(&self) -> Result<i64, StoreError> {
        let newest =
            registry_event::Entity::find().order_by_desc(registry_event::Column::Id).one(self.database).await?;
        Ok(newest.map_or(0, |row| row.id))
    }
}
