//! The registry's book.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::registry_event::{RegistryAction, event};
use crate::{
    ModelNews, News, StoreError,
    entity::{model_version, registry_event},
    events::{announce, left_out},
    transaction::lock_subject,
};

pub(super) fn line(
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

/// Adds a line to the book. One writer at a time, until its transaction ends: lines then become visible in the order of their numbers,
/// so that whoever has read one has not missed an earlier one.
pub(super) async fn write(
    transaction: &DatabaseTransaction,
    line: registry_event::ActiveModel,
) -> Result<registry_event::Model, StoreError> {
    lock_subject(transaction, "book of the registry").await?;
    Ok(registry_event::Entity::insert(line).exec_with_returning(transaction).await?)
}

/// Tells a line of the book. To be called last, as [`crate::events::announce_in`].
///
/// # Errors
/// As there.
pub(super) async fn announce_line_in(
    transaction: &DatabaseTransaction,
    line: registry_event::Model,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let news = async {
        let symbol: Option<String> = model_version::Entity::find()
            .select_only()
            .column(model_version::Column::Symbol)
            .filter(model_version::Column::Name.eq(&line.name))
            .filter(model_version::Column::Version.eq(line.version))
            .into_tuple()
            .one(transaction)
            .await?;
        let symbol = symbol.filter(|symbol| !symbol.is_empty());
        announce(transaction, &[News::Model(ModelNews { symbol, line: event(line)? })], now).await
    };
    left_out(transaction, news.await)
}

/// Follows the book backwards: each rollback undoes the promotion before it that has not been undone yet.
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
