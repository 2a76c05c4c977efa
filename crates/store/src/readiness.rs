//! Checks that the database is readable and writable.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, RuntimeErr, TransactionTrait,
    sqlx::{self, ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions},
};
use uuid::Uuid;

use crate::{Store, StoreError, checked::CheckedConnection, database_file::DatabaseFile, private};

/// How long the check waits for another writer before it reports the database as locked.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Bytes written beside the database: SQLite reuses pages of its log, which succeeds on a full disk for a while.
static PROBE: [u8; 16 << 10] = [0; 16 << 10];

/// Reads the schema and at least one page of every table.
const READ: &str = "SELECT (SELECT COUNT(*) FROM sqlite_master), \
    EXISTS (SELECT 1 FROM seaql_migrations), EXISTS (SELECT 1 FROM series), EXISTS (SELECT 1 FROM bars), \
    EXISTS (SELECT 1 FROM model_versions), EXISTS (SELECT 1 FROM model_aliases), EXISTS (SELECT 1 FROM registry_events), \
    EXISTS (SELECT 1 FROM forecasts), EXISTS (SELECT 1 FROM jobs), EXISTS (SELECT 1 FROM schedule_firings), \
    EXISTS (SELECT 1 FROM runs), EXISTS (SELECT 1 FROM run_metrics), EXISTS (SELECT 1 FROM training_logs), \
    EXISTS (SELECT 1 FROM alerts), EXISTS (SELECT 1 FROM keys), EXISTS (SELECT 1 FROM events), EXISTS (SELECT 1 FROM audit_log)";

impl Store {
    /// Checks that the database is readable and writable: reads rows, commits a write that changes no row, and on
    /// SQLite also verifies that the file is the one that was opened, complete, and can grow. Takes about a
    /// millisecond, at most two seconds longer while another program writes.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] when the file was deleted or replaced, [`StoreError::Damaged`] when it was truncated or
    /// overwritten, [`StoreError::Full`] when its disk is full, [`StoreError::Busy`] when another program keeps it
    /// locked, [`StoreError::Folder`] when its folder is not writable, and [`StoreError::Database`] when the database
    /// does not respond.
    pub async fn check_ready(&self) -> Result<(), StoreError> {
        match self.database.file() {
            Some(file) => check_sqlite(&self.database, file).await,
            None => Ok(check_postgres(self.database.pool()).await?),
        }
    }
}

async fn check_sqlite(database: &CheckedConnection, file: &DatabaseFile) -> Result<(), StoreError> {
    // Before SQLite opens it: SQLite deletes the log beside an empty file.
    database.verify()?;
    // A new connection: pooled ones may read from their caches.
    let options = SqliteConnectOptions::new().filename(file.path()).create_if_missing(false).busy_timeout(LOCK_TIMEOUT);
    let checked = async {
        let mut connection = options.disable_statement_logging().connect().await.map_err(db_error)?;
        let checked = check_with(&mut connection, database, file).await;
        // A failure to close it does not matter.
        _ = connection.close().await;
        checked
    };
    let checked = checked.await;
    if matches!(checked, Err(StoreError::Damaged { .. })) {
        // Caches and the log may hide the damage from the connections of the pool, which must not write either.
        file.mark_damaged();
    }
    checked?;
    let path = file.path().to_owned();
    let probed = tokio::task::spawn_blocking(move || probe(&path)).await;
    probed.map_err(|panic| StoreError::Database(DbErr::Custom(panic.to_string())))?
}

async fn check_with(
    connection: &mut SqliteConnection,
    database: &CheckedConnection,
    file: &DatabaseFile,
) -> Result<(), StoreError> {
    sqlx::query(READ).fetch_one(&mut *connection).await.map_err(db_error)?;
    check_size(connection, file).await?;
    match write(connection).await.map_err(db_error).map_err(StoreError::from) {
        // A long write of this program is not an error.
        Err(StoreError::Busy(_)) if database.is_writing() => {}
        written => written?,
    }
    Ok(database.verify()?)
}

/// Rewrites a value of the header and commits, which appends a page to the log.
async fn write(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *transaction).await?;
    let write = format!("PRAGMA user_version = {version}");
    sqlx::query(sqlx::AssertSqlSafe(write)).execute(&mut *transaction).await?;
    transaction.commit().await
}

/// Compares the size of the file with its number of pages. It may be smaller only while pages are in the log.
async fn check_size(connection: &mut SqliteConnection, file: &DatabaseFile) -> Result<(), StoreError> {
    let (size, expected) = sizes(connection, file).await?;
    if size >= expected {
        return Ok(());
    }
    let (_busy, logged, moved): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&mut *connection).await.map_err(db_error)?;
    let (size, expected) = sizes(connection, file).await?;
    if size >= expected || logged != moved {
        return Ok(());
    }
    Err(StoreError::Damaged { reason: format!("{size} bytes are left of {expected}") })
}

async fn sizes(connection: &mut SqliteConnection, file: &DatabaseFile) -> Result<(u64, u64), StoreError> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let expected: i64 = sqlx::query_scalar(sql).fetch_one(connection).await.map_err(db_error)?;
    let size = file.verify().map_err(StoreError::from)?;
    Ok((size, u64::try_from(expected).unwrap_or(0)))
}

/// Writes a file beside the database and removes it. Its name is unique: checks may overlap, and programs in several
/// containers may have the same process number.
fn probe(database: &Path) -> Result<(), StoreError> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let path = folder.join(format!(".closecast-ready-{}", Uuid::now_v7().simple()));
    let created = private::open_file(OpenOptions::new().write(true).create_new(true), &path);
    let written = created.and_then(|mut file| file.write_all(&PROBE));
    let removed = match fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    written.and(removed).map_err(|source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StoreError::Full(DbErr::Custom(source.to_string()))
        }
        _ => StoreError::Folder { path: folder.to_owned(), source },
    })
}

/// Locks a row and commits, which writes to its page and to the log without leaving a dead row version. The lock is
/// shared: a program that hangs during its check does not block the checks of others.
async fn check_postgres(pool: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = pool.begin().await?;
    let timeouts =
        format!("SET LOCAL lock_timeout = '{0}ms'; SET LOCAL statement_timeout = '{0}ms'", LOCK_TIMEOUT.as_millis());
    transaction.execute_unprepared(&timeouts).await?;
    let lock = "SELECT version FROM seaql_migrations ORDER BY version LIMIT 1 FOR SHARE";
    transaction.execute_unprepared(lock).await?;
    transaction.commit().await
}

fn db_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(std::sync::Arc::new(error)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::{AuditEntry, NewJob};

    /// Tables whose rows take several tenths of a second to delete.
    const SLOW: [&str; 2] = ["jobs", "audit_log"];

    async fn filled(store: &Store, now: DateTime<Utc>) {
        let job = NewJob {
            kind: "train_model".into(),
            payload: serde_json::Value::Null,
            dedup_key: None,
            priority: 0,
            max_attempts: 1,
            requested_by: None,
        };
        store.jobs().enqueue(job, now).await.unwrap();
        let (_, lease) = store.jobs().claim("one", now).await.unwrap().unwrap();
        store.jobs().succeed(&lease, &serde_json::Value::Null, now).await.unwrap();
        let entry = AuditEntry {
            key: None,
            address: "127.0.0.1".into(),
            request_id: "1".into(),
            action: "POST /train".into(),
            target: "/train".into(),
            status: 200,
        };
        store.audit().write(entry, now).await.unwrap();
        store.database.execute_unprepared("CREATE TABLE counted (n INTEGER)").await.unwrap();
        for table in SLOW {
            let slow = format!(
                "CREATE TRIGGER slow_{table} AFTER DELETE ON {table} BEGIN INSERT INTO counted SELECT COUNT(*) FROM \
                 (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT i FROM n); END"
            );
            store.database.execute_unprepared(&slow).await.unwrap();
        }
    }

    #[tokio::test]
    async fn is_writing_is_true_during_long_deletions() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let now = DateTime::<Utc>::UNIX_EPOCH;
        filled(&store, now).await;
        for table in SLOW {
            let before = now + TimeDelta::days(1);
            let deletion = tokio::spawn({
                let store = store.clone();
                async move {
                    if table == "jobs" {
                        store.jobs().delete_before(before).await
                    } else {
                        store.audit().delete_before(before).await
                    }
                }
            });
            let mut was_writing = false;
            while !deletion.is_finished() {
                was_writing |= store.database.is_writing();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(deletion.await.unwrap().unwrap(), 1, "{table}");
            assert!(was_writing, "{table}");
            assert!(!store.database.is_writing(), "{table}");
        }
    }
}
