//! Bringing the schema up to date: all steps that wait, with their rows in the bookkeeping table, in one transaction.

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

/// Key of the lock under which the schema of PostgreSQL is changed: "closecas" in ASCII.
const MIGRATION_LOCK: i64 = 0x636c_6f73_6563_6173;

/// Brings the schema up to date, under a lock, so that of several programs started at once one does it. A program that is killed
/// meanwhile, or finds the disk full, leaves the database as it was.
///
/// # Errors
/// [`StoreError`] when the file cannot be made, or the database cannot be reached, copied or changed.
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

/// Returns how many changes of the schema were made, and how many wait.
pub(crate) async fn schema(database: &DatabaseConnection) -> Result<(usize, usize), DbErr> {
    let steps = Migrator::get_migration_with_status_read_only(database).await?;
    let pending = waiting(&steps);
    Ok((steps.len() - pending, pending))
}

fn waiting(steps: &[Migration]) -> usize {
    steps.iter().filter(|step| step.status() == MigrationStatus::Pending).count()
}

async fn migrate_file(address: &DatabaseAddress, file: &Path) -> Result<(), StoreError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let unusable = |source| StoreError::Folder { path: folder.to_owned(), source };
    private::create_folder(folder).map_err(unusable)?;
    let _lock = lock(folder.join("migration.lock")).await.map_err(unusable)?;
    // Made here, so that a folder without write permission is reported as such and not as an SQLite code. A file that is there is not
    // opened: closing it would drop the locks that SQLite holds on it in this process.
    match private::open_file(OpenOptions::new().write(true).create_new(true), file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(error)),
        _ => {}
    }
    // Two connections: one reads the copy while the other keeps writers away. Both are closed before any other is opened: a connection
    // that read the schema between a table and its index refuses `ON CONFLICT` for good, since SQLite does not read it again for that.
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
    // The write lock is held from before the copy is made until the schema is changed: nothing is written in between.
    let transaction = database.begin_with_options(options).await?;
    let copy = if has_rows(&transaction).await? { Some(copies::make(database, file).await?) } else { None };
    let applied = async {
        Migrator::up(&transaction, None).await?;
        transaction.commit().await
    };
    if let Err(error) = applied.await {
        if let Some(copy) = copy {
            // Of a database that is as it was.
            _ = std::fs::remove_file(copy);
        }
        return Err(error.into());
    }
    Ok(())
}

/// Returns whether there is anything to lose: a row in a table that is not the bookkeeping of the schema.
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

/// The lock is the transaction's: it goes when this program does, however it ends.
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
