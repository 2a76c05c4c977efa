//! API keys: only their hashes are stored.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, sea_query::Expr};
use uuid::Uuid;

use crate::{
    StoreError,
    checked::CheckedConnection,
    entity::key,
    transaction::{begin_writing, lock_subject},
    write_queue::WriteQueue,
};

/// Role of the first key.
const FIRST_ROLE: &str = "admin";

/// Required position of a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyPosition {
    /// It must be the first key.
    First,
    /// Other keys may exist.
    Any,
}

/// An API key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    /// Identifier.
    pub id: String,
    /// Name given by its owner.
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

/// Access to the API keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyStore<'a> {
    database: &'a CheckedConnection,
    write_queue: &'a WriteQueue,
}

impl<'a> KeyStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, write_queue: &'a WriteQueue) -> Self {
        Self { database, write_queue }
    }

    /// Stores the hash of a new key and returns the identifier of the key. The first key must be an admin key, since
    /// only an admin can create others.
    ///
    /// # Errors
    /// [`StoreError::FirstKeyRole`] when the first key is not an admin key, [`StoreError::Database`] when writing
    /// fails.
    pub async fn add(&self, name: &str, role: &str, hash: &str, now: DateTime<Utc>) -> Result<String, StoreError> {
        self.insert((name, role, hash), KeyPosition::Any, now).await
    }

    /// Stores the hash of the first key, an admin key, and returns the identifier of the key. Of several concurrent
    /// calls one succeeds.
    ///
    /// # Errors
    /// [`StoreError::NotFirstKey`] when a key exists, otherwise those of [`KeyStore::add`].
    pub async fn add_first(
        &self,
        name: &str,
        role: &str,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<String, StoreError> {
        self.insert((name, role, hash), KeyPosition::First, now).await
    }

    async fn insert(
        &self,
        (name, role, hash): (&str, &str, &str),
        position: KeyPosition,
        now: DateTime<Utc>,
    ) -> Result<String, StoreError> {
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
        let _permit = self.write_queue.acquire().await?;
        let transaction = begin_writing(self.database).await?;
        lock_subject(&transaction, "keys").await?;
        let any = key::Entity::find().one(&transaction).await?.is_some();
        let refused = match position {
            KeyPosition::First if any => Some(StoreError::NotFirstKey),
            KeyPosition::First | KeyPosition::Any if !any && role != FIRST_ROLE => {
                Some(StoreError::FirstKeyRole(role.to_owned()))
            }
            KeyPosition::First | KeyPosition::Any => None,
        };
        if let Some(refused) = refused {
            transaction.rollback().await?;
            return Err(refused);
        }
        key::Entity::insert(row).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Returns the key with this hash, unless it is revoked.
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

    /// Returns whether the key exists and is not revoked.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn is_active(&self, id: &str) -> Result<bool, StoreError> {
        let row = key::Entity::find_by_id(id).one(self.database).await?;
        Ok(row.is_some_and(|row| row.revoked_at.is_none()))
    }

    /// Records when a key was last used.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn record_use(&self, id: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let _permit = self.write_queue.acquire().await?;
        key::Entity::update_many()
            .filter(key::Column::Id.eq(id))
            .col_expr(key::Column::LastUsedAt, Expr::value(now))
            .exec(self.database)
            .await?;
        Ok(())
    }

    /// Revokes a key. Returns whether it existed and was active.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn revoke(&self, id: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let _permit = self.write_queue.acquire().await?;
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

    /// Returns whether a key was ever created. Revoked keys count: revoking the last key must not disable
    /// authentication.
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
