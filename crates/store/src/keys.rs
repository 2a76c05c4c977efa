//! Keys to the API: their hashes, never the keys themselves.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, sea_query::Expr};
use uuid::Uuid;

use crate::{StoreError, checked::CheckedConnection, connection::Turns, entity::key};

/// A key, without what opens the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Identifier.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// `viewer`, `operator` or `admin`.
    pub role: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyStore<'a> {
    database: &'a CheckedConnection,
    turns: &'a Turns,
}

impl<'a> KeyStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, turns: &'a Turns) -> Self {
        Self { database, turns }
    }

    /// Keeps the hash of a new key, and returns the key's identifier.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn add(&self, name: &str, role: &str, hash: &str, now: DateTime<Utc>) -> Result<String, StoreError> {
        let id = Uuid::now_v7().to_string();
        let row = key::ActiveModel {
            id: Set(id.clone()),
            name: Set(name.to_owned()),
            role: Set(role.to_owned()),
            hash: Set(hash.to_owned()),
            created_at: Set(now),
            last_used_at: Set(None),
            revoked_at: Set(None),
        };
        let _turn = self.turns.take().await?;
        key::Entity::insert(row).exec_without_returning(self.database).await?;
        Ok(id)
    }

    /// Returns the key of that hash, unless it was revoked.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn with_hash(&self, hash: &str) -> Result<Option<StoredKey>, StoreError> {
        let row = key::Entity::find()
            .filter(key::Column::Hash.eq(hash))
            .filter(key::Column::RevokedAt.is_null())
            .one(self.database)
            .await?;
        Ok(row.map(stored))
    }

    /// Returns whether there is such a key that was not revoked.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn is_good(&self, id: &str) -> Result<bool, StoreError> {
        let row = key::Entity::find_by_id(id).one(self.database).await?;
        Ok(row.is_some_and(|row| row.revoked_at.is_none()))
    }

    /// Keeps when a key was last used.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn used(&self, id: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let _turn = self.turns.take().await?;
        key::Entity::update_many()
            .filter(key::Column::Id.eq(id))
            .col_expr(key::Column::LastUsedAt, Expr::value(now))
            .exec(self.database)
            .await?;
        Ok(())
    }

    /// Revokes a key. Returns whether there was one that was not revoked.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn revoke(&self, id: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let _turn = self.turns.take().await?;
        let revoked = key::Entity::update_many()
            .filter(key::Column::Id.eq(id))
            .filter(key::Column::RevokedAt.is_null())
            .col_expr(key::Column::RevokedAt, Expr::value(now))
            .exec(self.database)
            .await?;
        Ok(revoked.rows_affected > 0)
    }

    /// Returns all keys, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn list(&self) -> Result<Vec<StoredKey>, StoreError> {
        let rows = key::Entity::find().order_by_asc(key::Column::Id).all(self.database).await?;
        Ok(rows.into_iter().map(stored).collect())
    }

    /// Returns whether a key was ever made. One that was revoked counts: to revoke the last one must not open the door to all.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn any(&self) -> Result<bool, StoreError> {
        Ok(key::Entity::find().count(self.database).await? > 0)
    }
}

fn stored(row: key::Model) -> StoredKey {
    StoredKey {
        id: row.id,
        name: row.name,
        role: row.role,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
    }
}
