//! Applies all pending migrations, with their bookkeeping rows, in one transaction.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{Migration, MigrationStatus, MigratorTrait};

use super::{copies, migrator::Migrator};
use crate::{DatabaseAddress, StoreError, connection::connect, private};

/// Advisory lock for migrations on PostgreSQL: "closecas" in ASCII.
const MIGRATION_LOCK: i64 = 0x636c_6f73_6563_6173;

/// Applies pending migrations under a lock, so that one of several starting programs does. A killed program or a full
/// disk leaves the database unchanged.
///
/// # Errors
/// [`StoreError`] when the file cannot be created, or the database cannot be reached, copied or changed.
pub(crate) async fn migrate(address: &DatabaseAddress) -> Result<(), StoreError> {
    match address {
        DatabaseAddress::Sqlite(file) => migrate_file(address, file).await,
        DatabaseAddress::Postgres(_) => {
            let database = connect(address, 2).await?;
            let migrated = migrate_server(&database).await;
            database.close().await?;
            Ok(migrated?)
        }
    }
}

/// Returns the numbers of applied and of pending migrations.
pub(crate) async fn schema(database: &DatabaseConnection) -> Result<(usize, usize), DbErr> {
    let steps = Migrator::get_migration_with_status_read_only(database).await?;
    let pending = waiting(&steps);
    Ok((steps.len() - pending, pending))
}

/// Returns the number of pending migrations.
fn waiting(steps: &[Migration]) -> usize {
    steps.iter().filter(|step| step.status() == MigrationStatus::Pending).count()
}

async fn migrate_file(address: &DatabaseAddress, file: &Path) -> Result<(), StoreError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let unusable = |source| StoreError::Folder { path: folder.to_owned(), source };
    private::create_folder(folder).map_err(unusable)?;
    let _lock = lock(folder.join("migration.lock")).await.map_err(unusable)?;
    // Created here, so that a folder without write permission is reported as such and not as an SQLite code. An existing file is
    // not opened: closing it would release the locks that SQLite holds on it in this process.
    match private::open_file(OpenOptions::new().write(true).create_new(true), file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => {}
    }
    // Two connections: one copies while the other locks out writers. Both are closed before any other is opened: a connection that
    // read the schema between the creation of a table and its index rejects `ON CONFLICT` until it is closed.
    let database = connect(address, 2).await?;
    let migrated = migrate_sqlite(&database, file).await;
    let closed = database.close().await;
    migrated?;
    Ok(closed?)
}

async fn migrate_sqlite(database: &DatabaseConnection, file: &Path) -> Result<(), StoreError> {
    if schema(database).await?.1 == 0 {
        return Ok(());
    }
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    // The write lock is held from before the copy until the schema has changed, so the copy is complete.
    let transaction = database.begin_with_options(options).await?;
    let copy = if has_rows(&transaction).await? { Some(copies::make(database, file).await?) } else { None };
    let applied = async {
        Migrator::up(&transaction, None).await?;
        transaction.commit().await
    };
    if let Err(error) = applied.await {
        if let Some(copy) = copy {
            // The database is unchanged.
            _ = std::fs::remove_file(copy);
        }
        return Err(error.into());
    }
    Ok(())
}

/// Returns whether the database contains data: a row in any table except the bookkeeping of the migrations.
async fn has_rows(database: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                  AND name <> 'seaql_migrations'";
    for table in database.query_all_raw(statement(database, tables)).await? {
        let name: String = table.try_get("", "name")?;
        let first = format!("SELECT 1 FROM \"{}\" LIMIT 1", name.replace('"', "\"\""));
        if database.query_one_raw(statement(database, &first)).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn statement(database: &impl ConnectionTrait, sql: &str) -> sea_orm::Statement {
    sea_orm::Statement::from_string(database.get_database_backend(), sql)
}

/// Migrates under a lock of the transaction, which is released however the program ends.
async fn migrate_server(database: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = database.begin().await?;
    transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
    let steps = Migrator::get_migration_with_status_read_only(&transaction).await?;
    if waiting(&steps) > 0 {
        Migrator::up(&transaction, None).await?;
    }
    transaction.commit().await
}

/// Waits for the lock of a file.
async fn lock(path: PathBuf) -> io::Result<File> {
    let locked = tokio::task::spawn_blocking(move || {
        let file = private::open_file(OpenOptions::new().create(true).append(true), &path)?;
        file.lock()?;
        Ok(file)
    });
    locked.await.map_err(io::Error::other)?
}
