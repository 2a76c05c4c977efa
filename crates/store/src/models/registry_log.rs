//! The registry log: an append-only record of publications, promotions and rollbacks.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::registry_event::{RegistryAction, event};
use crate::{
    EventPayload, ModelEvent, StoreError,
    entity::{model_version, registry_event},
    events::{tolerate_failure, try_emit_in},
    transaction::lock_subject,
};

/// Lock of the writers of the log. Programs of different versions share it, so it never changes.
const REGISTRY_LOCK: &str = "book of the registry";

/// Returns a new entry of the log.
pub(super) fn new_entry(
    name: &str,
    action: RegistryAction,
    version: i64,
    actor: Option<&str>,
    now: DateTime<Utc>,
) -> registry_event::ActiveModel {
    registry_event::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        action: Set(action.name().to_owned()),
        version: Set(version),
        previous: Set(None),
        forced: Set(false),
        evidence: Set(None),
        actor: Set(actor.map(str::to_owned)),
        at: Set(now),
    }
}

/// Appends an entry to the log. Writers are serialised until their transaction ends, so entries become visible in the
/// order of their identifiers and a reader of one entry has not missed an earlier one.
pub(super) async fn append(
    transaction: &DatabaseTransaction,
    entry: registry_event::ActiveModel,
) -> Result<registry_event::Model, StoreError> {
    lock_subject(transaction, REGISTRY_LOCK).await?;
    Ok(registry_event::Entity::insert(entry).exec_with_returning(transaction).await?)
}

/// Writes an event about an entry of the log. Call it last, like [`emit_in`](crate::events::emit_in).
///
/// # Errors
/// As for [`emit_in`](crate::events::emit_in).
pub(super) async fn emit_registry_event_in(
    transaction: &DatabaseTransaction,
    entry: registry_event::Model,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let written = async {
        let symbol: Option<String> = model_version::Entity::find()
            .select_only()
            .column(model_version::Column::Symbol)
            .filter(model_version::Column::Name.eq(&entry.name))
            .filter(model_version::Column::Version.eq(entry.version))
            .into_tuple()
            .one(transaction)
            .await?;
        let symbol = symbol.filter(|symbol| !symbol.is_empty());
        try_emit_in(transaction, &[EventPayload::Model(ModelEvent { symbol, line: event(entry)? })], now).await
    };
    tolerate_failure(transaction, written.await)
}

/// Returns the champion before the present one: each rollback in the log undoes the last promotion before it that is
/// not yet undone.
pub(super) async fn earlier_champion(connection: &impl ConnectionTrait, name: &str) -> Result<Option<i64>, StoreError> {
    let rows = registry_event::Entity::find()
        .filter(registry_event::Column::Name.eq(name))
        .filter(registry_event::Column::Action.is_in([RegistryAction::Promote.name(), RegistryAction::Rollback.name()]))
        .order_by_desc(registry_event::Column::Id)
        .all(connection)
        .await?;
    let mut undone = 0_usize;
    for row in rows {
        if row.action == RegistryAction::Rollback.name() {
            undone += 1;
        } else if undone > 0 {
            undone -= 1;
        } else {
            return Ok(row.previous);
        }
    }
    Ok(None)
}
