//! A pool of connections that refuses to write to a database file which was deleted, replaced or cut off.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult, QueryResult,
    RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, sqlx,
};

use crate::{
    connection::{Refusal, refusal},
    database_file::{DatabaseFile, FileFault},
};

/// A pool of connections. Statements that write verify the file of the database first.
#[derive(Clone, Debug)]
pub(crate) struct CheckedConnection {
    pool: DatabaseConnection,
    /// None for a database server.
    file: Option<Arc<DatabaseFile>>,
    /// Writing transactions of this program that have begun and not ended.
    writers: Arc<AtomicUsize>,
}

impl CheckedConnection {
    /// Returns the pool with the check of `file`; a database server has none.
    pub(crate) fn new(pool: DatabaseConnection, file: Option<DatabaseFile>) -> Self {
        Self { pool, file: file.map(Arc::new), writers: Arc::default() }
    }

    /// Returns the pool itself.
    pub(crate) fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Returns the file of the database, where it has one.
    pub(crate) fn file(&self) -> Option<&DatabaseFile> {
        self.file.as_deref()
    }

    /// Returns whether a transaction of this program is writing. What may write for long is written in one, also where a single
    /// statement would do.
    pub(crate) fn is_writing(&self) -> bool {
        self.writers.load(Ordering::SeqCst) > 0
    }

    /// Verifies that what is written is kept under the name of the database.
    ///
    /// # Errors
    /// [`DbErr::Conn`] with a [`FileFault`] inside: [`fault`] returns it.
    pub(crate) fn verify(&self) -> Result<(), DbErr> {
        verify(self.file())
    }

    /// Begins a transaction that writes. On SQLite it takes the write lock at once.
    ///
    /// # Errors
    /// [`DbErr`] when the database cannot be reached, is locked for longer than a writer waits, or its file is gone.
    pub(crate) async fn begin_writing(&self) -> Result<CheckedTransaction, DbErr> {
        self.verify()?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.pool.begin_with_options(options).await?;
        Ok(CheckedTransaction { transaction, file: self.file.clone(), _writer: Writer::new(&self.writers) })
    }
}

fn verify(file: Option<&DatabaseFile>) -> Result<(), DbErr> {
    let Some(file) = file else { return Ok(()) };
    match file.verify() {
        Ok(_size) => Ok(()),
        Err(fault) => Err(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(sqlx::Error::Configuration(Box::new(fault)))))),
    }
}

/// Remembers damage that SQLite found, so that nothing more is written.
fn noted<T>(file: Option<&DatabaseFile>, result: Result<T, DbErr>) -> Result<T, DbErr> {
    if let (Some(file), Err(error)) = (file, &result)
        && refusal(error) == Some(Refusal::Damaged)
    {
        tracing::error!(%error, "the file of the database is damaged");
        file.note_damage();
    }
    result
}

/// Returns what happened to the file of the database, if that is why a statement was refused.
pub(crate) fn fault(error: &DbErr) -> Option<&FileFault> {
    let DbErr::Conn(RuntimeErr::SqlxError(cause)) = error else { return None };
    match &**cause {
        sqlx::Error::Configuration(cause) => cause.downcast_ref(),
        _ => None,
    }
}

/// Statements of one writing transaction are only verified at its beginning and at its end.
#[derive(Debug)]
pub(crate) struct CheckedTransaction {
    transaction: DatabaseTransaction,
    file: Option<Arc<DatabaseFile>>,
    _writer: Writer,
}

impl CheckedTransaction {
    /// Keeps what was written.
    ///
    /// # Errors
    /// [`DbErr`] when the database refuses, or when its file was deleted or replaced since the beginning: then nothing is kept.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        verify(self.file.as_deref())?;
        noted(self.file.as_deref(), self.transaction.commit().await)?;
        // What was committed into a file that went in between is lost.
        verify(self.file.as_deref())
    }

    /// Undoes what was written.
    ///
    /// # Errors
    /// [`DbErr`] when the database cannot be reached.
    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        self.transaction.rollback().await
    }
}

impl Deref for CheckedTransaction {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.transaction
    }
}

/// Counts a writing transaction until it is dropped.
#[derive(Debug)]
struct Writer(Arc<AtomicUsize>);

impl Writer {
    fn new(all: &Arc<AtomicUsize>) -> Self {
        all.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(all))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A query that is not a SELECT writes: `INSERT … RETURNING` is one.
fn is_read(statement: &Statement) -> bool {
    statement.sql.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

#[async_trait]
impl ConnectionTrait for CheckedConnection {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.verify()?;
        let done = noted(self.file(), self.pool.execute_raw(statement).await)?;
        self.verify().map(|()| done)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.verify()?;
        let done = noted(self.file(), self.pool.execute_unprepared(sql).await)?;
        self.verify().map(|()| done)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if is_read(&statement) {
            return noted(self.file(), self.pool.query_one_raw(statement).await);
        }
        self.verify()?;
        let done = noted(self.file(), self.pool.query_one_raw(statement).await)?;
        self.verify().map(|()| done)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if is_read(&statement) {
            return noted(self.file(), self.pool.query_all_raw(statement).await);
        }
        self.verify()?;
        let done = noted(self.file(), self.pool.query_all_raw(statement).await)?;
        self.verify().map(|()| done)
    }
}

#[async_trait]
impl ConnectionTrait for CheckedTransaction {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        noted(self.file.as_deref(), self.transaction.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        noted(self.file.as_deref(), self.transaction.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        noted(self.file.as_deref(), self.transaction.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        noted(self.file.as_deref(), self.transaction.query_all_raw(statement).await)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::{Act, NewJob, Store};

    /// Tables whose rows take some tenths of a second each to delete.
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
        let act = Act {
            key: None,
            address: "127.0.0.1".into(),
            request_id: "1".into(),
            action: "POST /train".into(),
            target: "/train".into(),
            status: 200,
        };
        store.audit().write(act, now).await.unwrap();
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
    async fn long_deletions_count_as_writing_while_they_run() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let now = DateTime::<Utc>::UNIX_EPOCH;
        filled(&store, now).await;
        for table in SLOW {
            let before = now + TimeDelta::days(1);
            let forgetting = tokio::spawn({
                let store = store.clone();
                async move {
                    if table == "jobs" { store.jobs().forget(before).await } else { store.audit().forget(before).await }
                }
            });
            let mut was_writing = false;
            while !forgetting.is_finished() {
                was_writing |= store.database.is_writing();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(forgetting.await.unwrap().unwrap(), 1, "{table}");
            assert!(was_writing, "{table}");
            assert!(!store.database.is_writing(), "{table}");
        }
    }
}
