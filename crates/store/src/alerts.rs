//! What a person should look at.

use chrono::{DateTime, Utc};
use closecast_domain::Symbol;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use serde::{Deserialize, Serialize};

use crate::{
    News, StoreError, Topic, Wakeups,
    checked::CheckedConnection,
    connection::{begin_writing, lock_subject},
    entity::alert,
    events::announce_in,
};

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about, for example `forecast_error`.
    pub kind: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// Symbol, model or machine concerned.
    pub subject: String,
    /// What was seen.
    pub message: String,
    /// What to do.
    pub recommendation: String,
    /// Figure seen.
    pub value: Option<f64>,
    /// Figure that it should have kept to.
    pub threshold: Option<f64>,
}

/// Between a symbol and the model that serves it, in the subject of an alert.
const BY: &str = " by ";

impl Alert {
    /// Returns what an alert about the model `model` of `symbol` is about: the symbol, and the model where another than the symbol's
    /// own is meant.
    #[must_use]
    pub fn subject_of(symbol: &Symbol, model: &str) -> String {
        if model == symbol.as_str() { model.to_owned() } else { format!("{symbol}{BY}{model}") }
    }

    /// Returns the symbol concerned, or whatever else the alert is about.
    #[must_use]
    pub fn symbol(&self) -> &str {
        self.subject.split_once(BY).map_or(self.subject.as_str(), |(symbol, _model)| symbol)
    }
}

/// An alert as it was kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredAlert {
    /// Number; later alerts have greater ones.
    pub id: i64,
    /// What it says.
    pub alert: Alert,
    /// When it was first seen.
    pub raised_at: DateTime<Utc>,
    /// When it was over.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// The alerts.
#[derive(Clone, Copy, Debug)]
pub struct AlertStore<'a> {
    database: &'a CheckedConnection,
    wakeups: &'a Wakeups,
}

impl<'a> AlertStore<'a> {
    pub(crate) fn new(database: &'a CheckedConnection, wakeups: &'a Wakeups) -> Self {
        Self { database, wakeups }
    }

    /// Raises an alert. While one of the same kind and subject is open, that one takes the new text and figures.
    /// Returns whether it is a new one.
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
            announce_in(&transaction, &[News::Alert(stored(raised))], now).await?;
        } else {
            row.update(&transaction).await?;
        }
        transaction.commit().await?;
        if is_new {
            self.wakeups.tell(Topic::Events).await;
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
        // Mostly there is none, which needs no writer's turn.
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
        announce_in(&transaction, &[News::Alert(stored(resolved))], now).await?;
        transaction.commit().await?;
        self.wakeups.tell(Topic::Events).await;
        Ok(true)
    }

    /// Returns at most `limit` alerts, newest first; only the open ones if asked.
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

fn stored(row: alert::Model) -> StoredAlert {
    StoredAlert {
        id: row.id,
        alert: Alert {
            kind: row.kind,
            severity: row.severity,
            subject: row.subject,
            message: row.message,
            recommendation: row.recommendation,
            value: row.value,
            threshold: row.threshold,
        },
        raised_at: row.raised_at,
        resolved_at: row.resolved_at,
    }
}
