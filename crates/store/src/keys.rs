//! Keys to the API: their hashes, never the keys themselves.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, sea_query::Expr};
use uuid::Uuid;

use crate::{
    StoreError,
    checked::CheckedConnection,
    entity::key,
    transaction::{begin_writing, lock_subject},
    write_queue::Turns,
};

/// Role of the first key.
const FIRST_ROLE: &str = "admin";

/// Which key it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// The first of all.
    First,
    /// Whether or not there are others.
    Any,
}

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

    /// Keeps the hash of a new key, and returns the key's identifier. The first key of all must be an admin's: nobody else can make
    /// others.
    ///
    /// # Errors
    /// [`StoreError::FirstKeyRole`] when there is no key yet and this is not an admin's, [`StoreError::Database`] when writing fails.
    pub async fn add(&self, name: &str, role: &str, hash: &str, now: DateTime<Utc>) -> Result<String, StoreError> {
        self.insert((name, role, hash), Order::Any, now).await
    }

    /// Keeps the hash of the first key of all, an admin's, and returns the key's identifier. Of several that try at once one succeeds.
    ///
    /// # Errors
    /// [`StoreError::NotFirstKey`] when there is a key already, otherwise those of [`KeyStore::add`].
    pub async fn add_first(
        &self,
        name: &str,
        role: &str,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<String, StoreError> {
        self.insert((name, role, hash), Order::First, now).await
    }

    async fn insert(
        &self,
        (name, role, hash): (&str, &str, &str),
        order: Order,
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
        let _turn = self.turns.take().await?;
        let transaction = begin_writing(self.database).await?;
        lock_subject(&transaction, "keys").await?;
        let any = key::Entity::find().one(&transaction).await?.is_some();
        let refused = match order {
            Order::First if any => Some(StoreError::NotFirstKey),
            Order::First | Order::Any if !any && role != FIRST_ROLE => Some(StoreError::FirstKeyRole(role.to_owned())),
            Order::First | Order::Any => None,
        };
        if let Some(refused) = refused {
            transaction.rollback().await?;
            return Err(refused);
        }
        key::Entity::insert(row).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
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
