//! The tables of a backup: all except events.

use std::marker::PhantomData;

use async_trait::async_trait;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DatabaseBackend, DatabaseTransaction, EntityTrait, IdenStatic,
    Iterable, ModelTrait, PrimaryKeyToColumn, PrimaryKeyTrait, QueryFilter, QueryOrder, QuerySelect, Value,
    sea_query::{Expr, ExprTrait},
};

use super::row;
use crate::{StoreError, entity};

/// Rows read at a time.
const PAGE_ROWS: u64 = 1000;

/// Maximum number of values of one INSERT, well below the limits of SQLite and PostgreSQL.
const INSERT_VALUES: usize = 8000;

/// A table, independent of its row type.
#[async_trait]
pub(super) trait Table: Send + Sync {
    /// Returns its name.
    fn name(&self) -> &'static str;

    /// Returns the names of its columns.
    #[cfg(test)]
    fn columns(&self) -> std::collections::BTreeSet<String>;

    /// Appends the next rows after the key `after` to `lines`, in order of primary key.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails, [`StoreError::Row`] when a row cannot be represented in a backup.
    async fn page(
        &self,
        from: &DatabaseTransaction,
        after: Option<Vec<Value>>,
        lines: &mut Vec<u8>,
    ) -> Result<TablePage, StoreError>;

    /// Returns whether the table has rows.
    ///
    /// # Errors
    /// [`StoreError::Database`] when reading fails.
    async fn has_rows(&self, within: &DatabaseTransaction) -> Result<bool, StoreError>;

    /// Deletes all rows.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    async fn clear(&self, within: &DatabaseTransaction) -> Result<(), StoreError>;

    /// Inserts rows, one a line, except those with an invalid symbol.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails, [`StoreError::Row`] when a line is not a row of the table.
    async fn insert(&self, into: &DatabaseTransaction, lines: &str) -> Result<Inserted, StoreError>;

    /// Makes generated identifiers continue after those of the inserted rows.
    ///
    /// # Errors
    /// [`StoreError::Database`] when writing fails.
    async fn advance_sequence(&self, within: &DatabaseTransaction) -> Result<(), StoreError>;
}

/// Result of reading a page.
pub(super) struct TablePage {
    pub(super) rows: u64,
    /// Key of the last row; `None` after the last page.
    pub(super) last: Option<Vec<Value>>,
}

/// Result of an insert.
pub(super) struct Inserted {
    pub(super) rows: u64,
    /// Rows left out.
    pub(super) skipped: u64,
}

/// Tables whose rows belong to a symbol.
const SYMBOL_TABLES: [&str; 3] = ["series", "bars", "forecasts"];

/// Returns whether the row has a valid symbol or needs none.
fn is_readable<E: EntityTrait>(row: &E::ActiveModel) -> bool {
    let table = E::default().table_name();
    let symbol = E::Column::iter().find(|column| column.as_str() == "symbol" && SYMBOL_TABLES.contains(&table));
    let Some(symbol) = symbol else { return true };
    match row.get(symbol) {
        ActiveValue::Set(Value::String(Some(text))) => crate::symbols::read(table, &text).is_ok(),
        _ => false,
    }
}

/// Tables that a backup excludes: events are short-lived, and their sequence must not go back.
#[cfg(test)]
const EXCLUDED_TABLES: [&str; 1] = ["events"];

/// Returns the tables. A test compares them with the schema.
pub(super) fn all() -> [Box<dyn Table>; 14] {
    [
        table::<entity::series::Entity>(),
        table::<entity::bar::Entity>(),
        table::<entity::model_version::Entity>(),
        table::<entity::model_alias::Entity>(),
        table::<entity::registry_event::Entity>(),
        table::<entity::forecast::Entity>(),
        table::<entity::job::Entity>(),
        table::<entity::schedule_firing::Entity>(),
        table::<entity::run::Entity>(),
        table::<entity::run_metric::Entity>(),
        table::<entity::training_log::Entity>(),
        table::<entity::alert::Entity>(),
        table::<entity::key::Entity>(),
        table::<entity::audit_entry::Entity>(),
    ]
}

fn table<E: EntityTrait>() -> Box<dyn Table>
where
    E::ActiveModel: Send,
{
    Box::new(EntityTable::<E>(PhantomData))
}

struct EntityTable<E>(PhantomData<E>);

impl<E: EntityTrait> EntityTable<E> {
    fn key() -> impl Iterator<Item = E::Column> {
        E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column)
    }

    fn unreadable(key: String, reason: String) -> StoreError {
        StoreError::Row { table: E::default().table_name(), key, reason }
    }
}

#[async_trait]
impl<E: EntityTrait> Table for EntityTable<E>
where
    E::ActiveModel: Send,
{
    fn name(&self) -> &'static str {
        E::default().table_name()
    }

    #[cfg(test)]
    fn columns(&self) -> std::collections::BTreeSet<String> {
        E::Column::iter().map(|column| column.as_str().to_owned()).collect()
    }

    async fn page(
        &self,
        from: &DatabaseTransaction,
        after: Option<Vec<Value>>,
        lines: &mut Vec<u8>,
    ) -> Result<TablePage, StoreError> {
        let mut select = E::find().limit(PAGE_ROWS);
        if let Some(after) = after {
            let key = Expr::tuple(Self::key().map(Expr::col));
            select = select.filter(key.gt(Expr::tuple(after.into_iter().map(Expr::value))));
        }
        for column in Self::key() {
            select = select.order_by_asc(column);
        }
        let rows = select.all(from).await?;
        let key_of = |row: &E::Model| Self::key().map(|column| row.get(column)).collect::<Vec<_>>();
        for row in &rows {
            let json =
                row::to_json::<E>(row).map_err(|reason| Self::unreadable(format!("{:?}", key_of(row)), reason))?;
            lines.extend_from_slice(json.to_string().as_bytes());
            lines.push(b'\n');
        }
        let is_full = rows.len() as u64 == PAGE_ROWS;
        Ok(TablePage { rows: rows.len() as u64, last: rows.last().filter(|_| is_full).map(key_of) })
    }

    async fn has_rows(&self, within: &DatabaseTransaction) -> Result<bool, StoreError> {
        Ok(E::find().one(within).await?.is_some())
    }

    async fn clear(&self, within: &DatabaseTransaction) -> Result<(), StoreError> {
        E::delete_many().exec(within).await?;
        Ok(())
    }

    async fn insert(&self, into: &DatabaseTransaction, lines: &str) -> Result<Inserted, StoreError> {
        let lines: Vec<_> = lines.lines().collect();
        let rows_at_once = INSERT_VALUES / E::Column::iter().count();
        let mut inserted = 0;
        for chunk in lines.chunks(rows_at_once) {
            let row = |line: &&str| {
                row::from_json::<E>(line).map_err(|reason| Self::unreadable("in a backup".into(), reason))
            };
            let mut rows = chunk.iter().map(row).collect::<Result<Vec<_>, _>>()?;
            rows.retain(|row| is_readable::<E>(row));
            inserted += rows.len();
            if !rows.is_empty() {
                E::insert_many(rows).exec_without_returning(into).await?;
            }
        }
        Ok(Inserted { rows: inserted as u64, skipped: (lines.len() - inserted) as u64 })
    }

    async fn advance_sequence(&self, within: &DatabaseTransaction) -> Result<(), StoreError> {
        // SQLite tracks the largest identifier itself. A PostgreSQL sequence only increases: unlike the rows, it is not rolled back
        // with the transaction.
        if E::PrimaryKey::auto_increment() && within.get_database_backend() == DatabaseBackend::Postgres {
            let (table, key) = (self.name(), Self::key().map(|column| column.as_str()).collect::<String>());
            let sequence = format!("pg_get_serial_sequence('{table}', '{key}')");
            let sql = format!(
                "SELECT setval({sequence}, GREATEST(nextval({sequence}), (SELECT COALESCE(MAX({key}), 1) FROM {table})))"
            );
            within.execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use sea_orm::Statement;

    use super::*;
    use crate::Store;

    async fn names(store: &Store, sql: &str) -> BTreeSet<String> {
        let rows = store.database.query_all_raw(Statement::from_string(DatabaseBackend::Sqlite, sql)).await.unwrap();
        rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
    }

    /// A table or column without an entity would be missing in every backup.
    #[tokio::test]
    async fn backup_covers_every_table_and_column() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let schema = names(
            &store,
            "SELECT name FROM sqlite_master \
             WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'seaql_migrations'",
        )
        .await;
        let backed_up: BTreeMap<_, _> = all().into_iter().map(|table| (table.name(), table.columns())).collect();
        let known = backed_up.keys().copied().chain(EXCLUDED_TABLES).map(str::to_owned);
        assert_eq!(known.collect::<BTreeSet<_>>(), schema);
        for (table, columns) in backed_up {
            let there = names(&store, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
            assert_eq!(columns, there, "{table}");
        }
    }
}
