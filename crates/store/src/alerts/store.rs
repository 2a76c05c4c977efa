//! Raising and resolving alerts.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use super::record::{Alert, StoredAlert, stored};
use crate::{
    ChangeNotifier, EventPayload, StoreError, Topic,
    checked::CheckedConnection,
    entity::alert,
    events::emit_in,
    transaction::{begin_writing, lock_subject},
};

/// Access to the alerts.
#[derive(Clone, Copy, Debug)]
pub struct AlertStore<'a> {
    database: &'a CheckedConnection,
    notifier: &'a ChangeNotifier,
}

impl<'a> AlertStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, notifier: &'a ChangeNotifier) -> Self {
        Self { database, notifier }
    }

    /// Raises an alert. An open alert of the same kind and subject is updated instead. Returns whether the alert is
    /// new.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn raise(&self, alert: Alert, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let transaction = begin_writing(self.database).await?;
        lock_subject(&transaction, &format!("alert {} {}", alert.kind, alert.subject)).await?;
        let open = alert::Entity::find()
            .filter(alert::Column::Kind.eq(&alert.kind))
            .filter(alert::Column::Subject.eq(&alert.subject))
            .filter(alert::Column::ResolvedAt.is_null())
            .one(&transaction)
            .await?;
        let is_new = open.is_none();
        let row = alert::ActiveModel {
            id: open.as_ref().map_or(NotSet, |row| Set(row.id)),
            kind: Set(alert.kind),
            severity: Set(alert.severity),
            subject: Set(alert.subject),
            message: Set(alert.message),
            recommendation: Set(alert.recommendation),
            value: Set(alert.value.filter(|value| value.is_finite())),
            threshold: Set(alert.threshold.filter(|threshold| threshold.is_finite())),
            raised_at: Set(open.map_or(now, |row| row.raised_at)),
            resolved_at: Set(None),
        };
        if is_new {
            let raised = row.insert(&transaction).await?;
            emit_in(&transaction, &[EventPayload::Alert(stored(raised))], now).await?;
        } else {
            row.update(&transaction).await?;
        }
        transaction.commit().await?;
        if is_new {
            self.notifier.notify(Topic::Events).await;
        }
        Ok(is_new)
    }

    /// Closes the open alert of that kind and subject. Returns whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    pub async fn resolve(&self, kind: &str, subject: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let open = alert::Entity::find()
            .filter(alert::Column::Kind.eq(kind))
            .filter(alert::Column::Subject.eq(subject))
            .filter(alert::Column::ResolvedAt.is_null());
        // Usually there is none, and no write lock is needed.
        if open.clone().one(self.database).await?.is_none() {
            return Ok(false);
        }
        let transaction = begin_writing(self.database).await?;
        lock_subject(&transaction, &format!("alert {kind} {subject}")).await?;
        let Some(row) = open.one(&transaction).await? else {
            transaction.rollback().await?;
            return Ok(false);
        };
        let over = alert::ActiveModel { id: Set(row.id), resolved_at: Set(Some(now)), ..Default::default() };
        let resolved = over.update(&transaction).await?;
        emit_in(&transaction, &[EventPayload::Alert(stored(resolved))], now).await?;
        transaction.commit().await?;
        self.notifier.notify(Topic::Events).await;
        Ok(true)
    }

    /// Returns at most `limit` alerts, newest first; only open ones if `open_only` is set.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    pub async fn list(&self, open_only: bool, limit: u64) -> Result<Vec<StoredAlert>, StoreError> {
        let rows = alert::Entity::find()
            .apply_if(open_only.then_some(()), |select, ()| select.filter(alert::Column::ResolvedAt.is_null()))
            .order_by_desc(alert::Column::Id)
            .limit(limit)
            .all(self.database)
            .await?;
        Ok(rows.into_iter().map(stored).collect())
    }
}
