//! The models: names, versions, cards and weights.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use closecast_domain::Card;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
};

use crate::{Blobs, StoreError, entity::model_version, store::begin_writing};

/// One published version of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelVersion {
    /// Name, for example `AAPL`.
    pub name: String,
    /// Number, from 1, one higher at each publication.
    pub version: u64,
    /// SHA-256 of the artifact.
    pub sha256: String,
    /// Size of the artifact.
    pub size_bytes: u64,
    /// What is known about it.
    pub card: Card,
    /// When it was published.
    pub created_at: DateTime<Utc>,
}

/// The published models.
#[derive(Clone, Copy, Debug)]
pub struct ModelStore<'a> {
    database: &'a DatabaseConnection,
    blobs: &'a Blobs,
}

impl<'a> ModelStore<'a> {
    pub(crate) fn new(database: &'a DatabaseConnection, blobs: &'a Blobs) -> Self {
        Self { database, blobs }
    }

    /// Publishes an artifact as the next version of the card's name: blob first, verified, then one transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the blob or the row cannot be written; the version in service stays in service.
    pub async fn publish(&self, card: &Card, artifact: Bytes, now: DateTime<Utc>) -> Result<ModelVersion, StoreError> {
        let blob = self.blobs.put(artifact).await?;
        let text = serde_json::to_string(card).map_err(|error| unreadable(card.name(), error.to_string()))?;
        let transaction = begin_writing(self.database).await?;
        let newest = newest_of(card.name()).one(&transaction).await?;
        let version = newest.map_or(1, |row| row.version + 1);
        let row = model_version::ActiveModel {
            id: NotSet,
            name: Set(card.name().to_owned()),
            version: Set(version),
            symbol: Set(card.symbol().map_or_else(String::new, ToString::to_string)),
            sha256: Set(blob.sha256.clone()),
            size_bytes: Set(i64::try_from(blob.size_bytes).unwrap_or(i64::MAX)),
            card: Set(text),
            created_at: Set(now),
        };
        model_version::Entity::insert(row).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        Ok(ModelVersion {
            name: card.name().to_owned(),
            version: version.unsigned_abs(),
            sha256: blob.sha256,
            size_bytes: blob.size_bytes,
            card: card.clone(),
            created_at: now,
        })
    }

    /// Returns the version of `name` that is in service: the newest.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when its card cannot be understood.
    pub async fn in_service(&self, name: &str) -> Result<Option<ModelVersion>, StoreError> {
        newest_of(name).one(self.database).await?.map(model_version).transpose()
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
    /// [`StoreError::BlobMissing`] or [`StoreError::BlobDamaged`] when the bytes are gone or changed.
    pub async fn artifact(&self, version: &ModelVersion) -> Result<Bytes, StoreError> {
        self.blobs.get(&version.sha256).await
    }
}

fn newest_of(name: &str) -> sea_orm::Select<model_version::Entity> {
    model_version::Entity::find()
        .filter(model_version::Column::Name.eq(name))
        .order_by_desc(model_version::Column::Version)
}

fn model_version(row: model_version::Model) -> Result<ModelVersion, StoreError> {
    let card = serde_json::from_str(&row.card).map_err(|error| unreadable(&row.name, error.to_string()))?;
    Ok(ModelVersion {
        name: row.name,
        version: row.version.unsigned_abs(),
        sha256: row.sha256,
        size_bytes: row.size_bytes.unsigned_abs(),
        card,
        created_at: row.created_at,
    })
}

fn unreadable(name: &str, reason: String) -> StoreError {
    StoreError::Row { table: "model_versions", key: name.to_owned(), reason }
}
