//! Access to the models.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use closecast_domain::Card;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::Value;

use super::{
    aliases::add_version,
    record::{ModelVersion, model_version, unreadable},
    registry_event::Alias,
    registry_log::emit_registry_event_in,
};
use crate::{
    BlobRef, Blobs, ChangeNotifier, Lease, NewJob, StoreError, Topic,
    checked::CheckedConnection,
    entity::{model_version, registry_event},
    jobs::{emit_enqueued_in, emit_job_in, enqueue_in, succeed_in},
    transaction::{begin_writing, lock_subject},
};

/// Origin of a publication.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// Run that trained the model.
    pub run_id: Option<&'a str>,
    /// Lease of the job that trained it. The job ends as succeeded atomically with the publication.
    pub lease: Option<&'a Lease>,
    /// Client that requested it.
    pub actor: Option<&'a str>,
    /// Creates the job to queue, atomically with the publication, when the version is a challenger; called with its
    /// name and number.
    pub follow_up: Option<fn(&str, u64) -> NewJob>,
}

/// Access to the models.
#[derive(Clone, Copy, Debug)]
pub struct ModelStore<'a> {
    pub(super) database: &'a CheckedConnection,
    blobs: &'a Blobs,
    pub(super) notifier: &'a ChangeNotifier,
}

impl<'a> ModelStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, blobs: &'a Blobs, notifier: &'a ChangeNotifier) -> Self {
        Self { database, blobs, notifier }
    }

    /// Publishes an artifact as the next version of the card's name: first the verified blob, then one transaction. The
    /// first version of a name becomes its champion, a later one its challenger.
    ///
    /// # Errors
    /// [`StoreError`] when the blob or the row cannot be written, [`StoreError::LeaseLost`] when another worker has the
    /// job; the version in service does not change.
    pub async fn publish(
        &self,
        card: &Card,
        artifact: Bytes,
        origin: Origin<'_>,
        now: DateTime<Utc>,
    ) -> Result<ModelVersion, StoreError> {
        let blob = self.blobs.put(artifact).await?;
        let transaction = begin_writing(self.database).await?;
        let (version, alias, entry) = insert_version_in(&transaction, card, blob, origin, now).await?;
        if let Some(lease) = origin.lease {
            succeed_in(&transaction, lease, &published(&version), now).await?;
        }
        let mut next = None;
        if alias == Alias::Challenger
            && let Some(follow_up) = origin.follow_up
        {
            let mut job = follow_up(&version.name, version.version);
            job.requested_by = origin.actor.map(str::to_owned);
            next = Some(enqueue_in(&transaction, job, now).await?);
        }
        emit_registry_event_in(&transaction, entry, now).await?;
        if let Some(lease) = origin.lease {
            emit_job_in(&transaction, lease.job_id(), now).await?;
        }
        if let Some(next) = next {
            emit_enqueued_in(&transaction, &next, now).await?;
        }
        transaction.commit().await?;
        for topic in [Topic::Models, Topic::Jobs, Topic::Events] {
            self.notifier.notify(topic).await;
        }
        Ok(version)
    }

    /// Returns the version of `name` in service.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when its card cannot be parsed.
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

    /// Returns the newest version of `name` with this artifact.
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
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a card cannot be parsed.
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
    /// [`StoreError::BlobMissing`], [`StoreError::BlobDamaged`] or [`StoreError::BlobSize`] when the bytes are missing
    /// or differ.
    pub async fn artifact(&self, version: &ModelVersion) -> Result<Bytes, StoreError> {
        let blob = BlobRef { sha256: version.sha256.clone(), size_bytes: version.size_bytes };
        self.blobs.get_sized(&blob).await
    }
}

/// Returns the result of a job that published a version.
fn published(version: &ModelVersion) -> Value {
    serde_json::json!({
        "model_name": version.name,
        "version": version.version,
        "sha256": version.sha256,
        "run_id": version.run_id,
    })
}

async fn insert_version_in(
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
    let (alias, entry) = add_version(transaction, name, version, origin.actor, now).await?;
    let published = ModelVersion {
        name: name.to_owned(),
        version: version.unsigned_abs(),
        sha256: blob.sha256,
        size_bytes: blob.size_bytes,
        card: card.clone(),
        created_at: now,
        run_id: origin.run_id.map(str::to_owned),
    };
    Ok((published, alias, entry))
}
