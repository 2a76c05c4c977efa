//! The audit log.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::{
    StoreError, checked::CheckedConnection, entity::audit_entry, transaction::begin_writing, write_queue::WriteQueue,
};

/// One request, permitted or rejected, that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Identifier and name of the API key; `None` if the request needed no key.
    pub key: Option<(String, String)>,
    /// Network address of the client.
    pub address: String,
    /// Identifier of the request, as in the access log.
    pub request_id: String,
    /// What the request does, for example `POST /api/keys`.
    pub action: String,
    /// Object of the action, for example the path of the request.
    pub target: String,
    /// HTTP status of the response.
    pub status: u16,
}

/// A stored audit entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAuditEntry {
    /// Identifier; increases with each entry.
    pub id: i64,
    /// When the response was sent.
    pub at: DateTime<Utc>,
    /// The entry.
    pub entry: AuditEntry,
}

/// Access to the audit log. Entries are never changed.
#[derive(Clone, Copy, Debug)]
pub struct AuditStore<'a> {
    database: &'a CheckedConnection,
    write_queue: &'a WriteQueue,
}

impl<'a> AuditStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, write_queue: &'a WriteQueue) -> Self {
        Self { database, write_queue }
    }

    /// Appends an audit entry.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn write(&self, entry: AuditEntry, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (key_id, key_name) = entry.key.unzip();
        let row = audit_entry::ActiveModel {
            id: NotSet,
            at: Set(now),
            key_id: Set(key_id),
            key_name: Set(key_name),
            address: Set(entry.address),
            request_id: Set(entry.request_id),
            action: Set(entry.action),
            target: Set(entry.target),
            status: Set(entry.status.into()),
        };
        let _permit = self.write_queue.acquire().await?;
        audit_entry::Entity::insert(row).exec_without_returning(self.database).await?;
        Ok(())
    }

    /// Returns at most `limit` entries, newest first; only those before the entry `before` if given.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn list(&self, before: Option<i64>, limit: u64) -> Result<Vec<StoredAuditEntry>, StoreError> {
        let rows = audit_entry::Entity::find()
            .apply_if(before, |select, before| select.filter(audit_entry::Column::Id.lt(before)))
            .order_by_desc(audit_entry::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        Ok(rows.into_iter().map(stored).collect())
    }

    /// Deletes the entries made before `before` and returns their number.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn delete_before(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let _permit = self.write_queue.acquire().await?;
        let transaction = begin_writing(self.database).await?;
        let deleted =
            audit_entry::Entity::delete_many().filter(audit_entry::Column::At.lt(before)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected)
    }
}

fn stored(row: audit_entry::Model) -> StoredAuditEntry {
    StoredAuditEntry {
        id: row.id,
        at: row.at,
        entry: AuditEntry {
            key: row.key_id.zip(row.key_name),
            address: row.address,
            request_id: row.request_id,
            action: row.action,
            target: row.target,
            status: u16::try_from(row.status).unwrap_or(0),
        },
    }
}
