//! Champion and challenger: which version of a name is in service, which one wants to be, and how that came about.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ModelStore, ModelVersion, unreadable};
use crate::{
    ModelNews, News, StoreError, Topic,
    connection::{begin_writing, lock_subject},
    entity::{model_alias, model_version, registry_event},
    events::{announce, left_out},
};

/// A role that one version of a name plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alias {
    /// In service.
    Champion,
    /// Published, and not yet found to be no worse than the champion.
    Challenger,
}

impl Alias {
    /// Returns the name of the role, in small letters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Champion => "champion",
            Self::Challenger => "challenger",
        }
    }
}

/// What happened to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistryAction {
    /// A version was published.
    Publish,
    /// A version became the champion.
    Promote,
    /// The champion before became the champion again.
    Rollback,
}

impl RegistryAction {
    fn name(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Promote => "promote",
            Self::Rollback => "rollback",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Publish, Self::Promote, Self::Rollback].into_iter().find(|action| action.name() == name)
    }
}

/// A line of the registry's book. Lines are added, never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegistryEvent {
    /// Number of the line; later ones have greater numbers.
    pub id: i64,
    /// Name of the model.
    pub name: String,
    /// What happened.
    pub action: RegistryAction,
    /// Version published, or in service from then on.
    pub version: u64,
    /// Version in service before.
    pub previous: Option<u64>,
    /// Whether it was done against the evidence, or without any.
    pub forced: bool,
    /// On what evidence.
    pub evidence: Option<Value>,
    /// Who asked for it.
    pub actor: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

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

/// Returns the version number of every role.
pub(super) fn roles(rows: Vec<model_alias::Model>) -> BTreeMap<(String, Alias), u64> {
    let role = |row: model_alias::Model| {
        let alias = [Alias::Champion, Alias::Challenger].into_iter().find(|alias| alias.name() == row.alias)?;
        Some(((row.name, alias), row.version.unsigned_abs()))
    };
    rows.into_iter().filter_map(role).collect()
}

/// Enters a new version, as champion of a name that has none, else as challenger, and returns which, with the line of the book.
pub(super) async fn enter(
    transaction: &DatabaseTransaction,
    name: &str,
    version: i64,
    actor: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(Alias, registry_event::Model), StoreError> {
    let champion = version_under(transaction, name, Alias::Champion).await?;
    let alias = if champion.is_some() { Alias::Challenger } else { Alias::Champion };
    set(transaction, (name, alias), version, now).await?;
    let line = registry_event::ActiveModel {
        previous: Set(champion),
        ..line(name, RegistryAction::Publish, version, actor, now)
    };
    Ok((alias, write(transaction, line).await?))
}

fn line(
    name: &str,
    action: RegistryAction,
    version: i64,
    actor: Option<&str>,
    now: DateTime<Utc>,
) -> registry_event::ActiveModel {
    registry_event::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        action: Set(action.name().to_owned()),
        version: Set(version),
        previous: Set(None),
        forced: Set(false),
        evidence: Set(None),
        actor: Set(actor.map(str::to_owned)),
        at: Set(now),
    }
}

/// Adds a line to the book. One writer at a time, until its transaction ends: lines then become visible in the order of their numbers,
/// so that whoever has read one has not missed an earlier one.
async fn write(
    transaction: &DatabaseTransaction,
    line: registry_event::ActiveModel,
) -> Result<registry_event::Model, StoreError> {
    lock_subject(transaction, "book of the registry").await?;
    Ok(registry_event::Entity::insert(line).exec_with_returning(transaction).await?)
}

/// Tells a line of the book. To be called last, as [`crate::events::announce_in`].
///
/// # Errors
/// As there.
pub(super) async fn announce_line_in(
    transaction: &DatabaseTransaction,
    line: registry_event::Model,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let news = async {
        let symbol: Option<String> = model_version::Entity::find()
            .select_only()
            .column(model_version::Column::Symbol)
            .filter(model_version::Column::Name.eq(&line.name))
            .filter(model_version::Column::Version.eq(line.version))
            .into_tuple()
            .one(transaction)
            .await?;
        let symbol = symbol.filter(|symbol| !symbol.is_empty());
        announce(transaction, &[News::Model(ModelNews { symbol, line: event(line)? })], now).await
    };
    left_out(transaction, news.await)
}

pub(super) async fn version_under(
    connection: &impl ConnectionTrait,
    name: &str,
    alias: Alias,
) -> Result<Option<i64>, StoreError> {
    let key = (name.to_owned(), alias.name().to_owned());
    Ok(model_alias::Entity::find_by_id(key).one(connection).await?.map(|row| row.version))
}

/// Follows the book backwards: each rollback undoes the promotion before it that has not been undone yet.
pub(super) async fn earlier_champion(connection: &impl ConnectionTrait, name: &str) -> Result<Option<i64>, StoreError> {
    let rows = registry_event::Entity::find()
        .filter(registry_event::Column::Name.eq(name))
        .filter(registry_event::Column::Action.is_in([RegistryAction::Promote.name(), RegistryAction::Rollback.name()]))
        .order_by_desc(registry_event::Column::Id)
        .all(connection)
        .await?;
    let mut undone = 0_usize;
    for row in rows {
        if row.action == RegistryAction::Rollback.name() {
            undone += 1;
        } else if undone > 0 {
            undone -= 1;
        } else {
            return Ok(row.previous);
        }
    }
    Ok(None)
}

async fn set(
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

pub(super) fn event(row: registry_event::Model) -> Result<RegistryEvent, StoreError> {
    let action = RegistryAction::named(&row.action)
        .ok_or_else(|| unreadable(&row.name, format!("the action {:?} is not known", row.action)))?;
    let evidence = row.evidence.as_deref().map(serde_json::from_str).transpose();
    Ok(RegistryEvent {
        evidence: evidence.map_err(|error| unreadable(&row.name, error.to_string()))?,
        id: row.id,
        name: row.name,
        action,
        version: row.version.unsigned_abs(),
        previous: row.previous.map(i64::unsigned_abs),
        forced: row.forced,
        actor: row.actor,
        at: row.at,
    })
}
