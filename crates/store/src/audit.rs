//! Who did what.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::{
    StoreError, checked::CheckedConnection, entity::audit_line, transaction::begin_writing, write_queue::Turns,
};

/// Something that somebody did, or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Identifier and name of the key; none where none was asked for.
    pub key: Option<(String, String)>,
    /// Where the request came from.
    pub address: String,
    /// Identifier of the request, as in the access log.
    pub request_id: String,
    /// What was done, for example `POST /api/keys`.
    pub action: String,
    /// To what, for example the path of the request.
    pub target: String,
    /// Status of the answer.
    pub status: u16,
}

/// An act as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAct {
    /// Number; later acts have greater ones.
    pub id: i64,
    /// When the answer was given.
    pub at: DateTime<Utc>,
    /// What was done.
    pub act: Act,
}

/// The book of who did what. Nothing in it is ever changed.
#[derive(Clone, Copy, Debug)]
pub struct AuditStore<'a> {
    database: &'a CheckedConnection,
    turns: &'a Turns,
}

impl<'a> AuditStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, turns: &'a Turns) -> Self {
        Self { database, turns }
    }

    /// Writes an act down.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn write(&self, act: Act, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (key_id, key_name) = act.key.unzip();
        let row = audit_line::ActiveModel {
            id: NotSet,
            at: Set(now),
            key_id: Set(key_id),
            key_name: Set(key_name),
            address: Set(act.address),
            request_id: Set(act.request_id),
            action: Set(act.action),
            target: Set(act.target),
            status: Set(act.status.into()),
        };
        let _turn = self.turns.take().await?;
        audit_line::Entity::insert(row).exec_without_returning(self.database).await?;
        Ok(())
    }

    /// Returns at most `limit` acts, newest first; those before the one numbered `before` if that is given.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn list(&self, before: Option<i64>, limit: u64) -> Result<Vec<StoredAct>, StoreError> {
        let rows = audit_line::Entity::find()
            .apply_if(before, |select, before| select.filter(audit_line::Column::Id.lt(before)))
            .order_by_desc(audit_line::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        Ok(rows.into_iter().map(stored).collect())
    }

    /// Deletes what was done before `before`, and returns how many acts that were.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn forget(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let _turn = self.turns.take().await?;
        let transaction = begin_writing(self.database).await?;
        let deleted =
            audit_line::Entity::delete_many().filter(audit_line::Column::At.lt(before)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected)
    }
}

fn stored(row: audit_line::Model) -> StoredAct {
    StoredAct {
        id: row.id,
        at: row.at,
        act: Act {
            key: row.key_id.zip(row.key_name),
            address: row.address,
            request_id: row.request_id,
            action: row.action,
            target: row.target,
            status: u16::try_from(row.status).unwrap_or(0),
        },
    }
}
