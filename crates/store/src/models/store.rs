//! Publishing and finding versions.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use closecast_domain::Card;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::Value;

use super::{
    aliases::enter,
    log::announce_line_in,
    record::{ModelVersion, model_version, unreadable},
    registry_event::Alias,
};
use crate::{
    BlobRef, Blobs, Lease, NewJob, StoreError, Topic, Wakeups,
    checked::CheckedConnection,
    entity::{model_version, registry_event},
    jobs::{announce_job_in, announce_new_in, enqueue_in, succeed_in},
    transaction::{begin_writing, lock_subject},
};

/// Where a publication comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// Run that made the model.
    pub run_id: Option<&'a str>,
    /// Job that the run was of. The job ends as succeeded with the publication, or neither happens.
    pub lease: Option<&'a Lease>,
    /// Who asked for it.
    pub actor: Option<&'a str>,
    /// Job to put into the queue, with the publication, when the version is a challenger: given its name and number.
    pub then: Option<fn(&str, u64) -> NewJob>,
}

/// The published models.
#[derive(Clone, Copy, Debug)]
pub struct ModelStore<'a> {
    pub(super) database: &'a CheckedConnection,
    blobs: &'a Blobs,
    pub(super) wakeups: &'a Wakeups,
}

impl<'a> ModelStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, blobs: &'a Blobs, wakeups: &'a Wakeups) -> Self {
        Self { database, blobs, wakeups }
    }

    /// Publishes an artifact as the next version of the card's name: blob first, verified, then one transaction. The first
    /// version of a name is its champion; a later one is its challenger.
    ///
    /// # Errors
    /// [`StoreError`] when the blob or the row cannot be written, [`StoreError::LeaseLost`] when the job has gone to another
    /// worker; the version in service stays in service.
    pub async fn publish(
        &self,
        card: &Card,
        artifact: Bytes,
        origin: Origin<'_>,
        now: DateTime<Utc>,
    ) -> Result<ModelVersion, StoreError> {
        let blob = self.blobs.put(artifact).await?;
        let transaction = begin_writing(self.database).await?;
        let (version, alias, line) = publish_in(&transaction, card, blob, origin, now).await?;
        if let Some(lease) = origin.lease {
            succeed_in(&transaction, lease, &published(&version), now).await?;
        }
        let mut next = None;
        if alias == Alias::Challenger
            && let Some(then) = origin.then
        {
            let mut job = then(&version.name, version.version);
            job.requested_by = origin.actor.map(str::to_owned);
            next = Some(enqueue_in(&transaction, job, now).await?);
        }
        announce_line_in(&transaction, line, now).await?;
        if let Some(lease) = origin.lease {
            announce_job_in(&transaction, lease.job_id(), now).await?;
        }
        if let Some(next) = next {
            announce_new_in(&transaction, &next, now).await?;
        }
        transaction.commit().await?;
        for topic in [Topic::Models, Topic::Jobs, Topic::Events] {
            self.wakeups.tell(topic).await;
        }
        Ok(version)
    }

    /// Returns the version of `name` that is in service.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when its card cannot be understood.
    pub async fn in_service(&self, name: &str) -> Result<Option<ModelVersion>, StoreError> {
        self.under(name, Alias::Champion).await
    }

    /// Returns a version of `name`.
    ///
    /// # Errors
    /// As for [`ModelStore::in_service`].
    pub async fn version(&self, name: &str, version: u64) -> Result<Option<ModelVersion>, StoreError> {
        let number = i64::try_from(version).unwrap_or(i64::MAX);
        let row = model_version::Entity::find()
            .filter(model_version::Column::Name.eq(name))
            .filter(model_version::Column::Version.eq(number))
            .one(self.database)
            .await?;
        row.map(model_version).transpose()
    }

    /// Returns the newest version of `name` with that artifact.
    ///
    /// # Errors
    /// As for [`ModelStore::in_service`].
    pub async fn with_artifact(&self, name: &str, sha256: &str) -> Result<Option<ModelVersion>, StoreError> {
        let row = model_version::Entity::find()
            .filter(model_version::Column::Name.eq(name))
            .filter(model_version::Column::Sha256.eq(sha256))
            .order_by_desc(model_version::Column::Version)
            .one(self.database)
            .await?;
        row.map(model_version).transpose()
    }

    /// Returns all versions of all names, by name and newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a card cannot be understood.
    pub async fn list(&self) -> Result<Vec<ModelVersion>, StoreError> {
        let rows = model_version::Entity::find()
            .order_by_asc(model_version::Column::Name)
            .order_by_desc(model_version::Column::Version)
            .all(self.database)
            .await?;
        rows.into_iter().map(model_version).collect()
    }

    /// Returns the artifact of a version, verified against its hash.
    ///
    /// # Errors
    /// [`StoreError::BlobMissing`], [`StoreError::BlobDamaged`] or [`StoreError::BlobSize`] when the bytes are gone or changed.
    pub async fn artifact(&self, version: &ModelVersion) -> Result<Bytes, StoreError> {
        let blob = BlobRef { sha256: version.sha256.clone(), size_bytes: version.size_bytes };
        self.blobs.get_sized(&blob).await
    }
}

/// What a job that published says it made.
fn published(version: &ModelVersion) -> Value {
    serde_json::json!({
        "model_name": version.name,
        "version": version.version,
        "sha256": version.sha256,
        "run_id": version.run_id,
    })
}

async fn publish_in(
    transaction: &DatabaseTransaction,
    card: &Card,
    blob: BlobRef,
    origin: Origin<'_>,
    now: DateTime<Utc>,
) -> Result<(ModelVersion, Alias, registry_event::Model), StoreError> {
    let name = card.name();
    lock_subject(transaction, &format!("model {name}")).await?;
    let newest = model_version::Entity::find()
        .filter(model_version::Column::Name.eq(name))
        .order_by_desc(model_version::Column::Version)
        .one(transaction)
        .await?;
    let version = newest.map_or(1, |row| row.version + 1);
    let row = model_version::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        version: Set(version),
        symbol: Set(card.symbol().map_or_else(String::new, ToString::to_string)),
        sha256: Set(blob.sha256.clone()),
        size_bytes: Set(i64::try_from(blob.size_bytes).unwrap_or(i64::MAX)),
        card: Set(serde_json::to_string(card).map_err(|error| unreadable(name, error.to_string()))?),
        created_at: Set(now),
        run_id: Set(origin.run_id.map(str::to_owned)),
    };
    model_version::Entity::insert(row).exec_without_returning(transaction).await?;
    let (alias, line) = enter(transaction, name, version, origin.actor, now).await?;
    let published = ModelVersion {
        name: name.to_owned(),
        version: version.unsigned_abs(),
        sha256: blob.sha256,
        size_bytes: blob.size_bytes,
        card: card.clone(),
        created_at: now,
        run_id: origin.run_id.map(str::to_owned),
    };
    Ok((published, alias, line))
}
