//! A connection pool that refuses to write to a database file that was deleted, replaced or truncated.

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
    database_error::{FailureCause, failure_cause},
    database_file::DatabaseFile,
};

/// A connection pool. Statements that write verify the database file first.
#[derive(Clone, Debug)]
pub(crate) struct CheckedConnection {
    pool: DatabaseConnection,
    /// `None` for a database server.
    file: Option<Arc<DatabaseFile>>,
    /// Open write transactions of this process.
    writers: Arc<AtomicUsize>,
}

impl CheckedConnection {
    /// Returns the pool with the check of `file`; a database server has no file.
    pub(crate) fn new(pool: DatabaseConnection, file: Option<DatabaseFile>) -> Self {
        Self { pool, file: file.map(Arc::new), writers: Arc::default() }
    }

    /// Returns the pool.
    pub(crate) fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Returns the database file, if there is one.
    pub(crate) fn file(&self) -> Option<&DatabaseFile> {
        self.file.as_deref()
    }

    /// Returns whether a write transaction of this process is open. Statements that may take long run in one, even
    /// single ones.
    pub(crate) fn is_writing(&self) -> bool {
        self.writers.load(Ordering::SeqCst) > 0
    }

    /// Verifies that the database file is the one that was opened.
    ///
    /// # Errors
    /// [`DbErr::Conn`] with a [`FileFault`](crate::database_file::FileFault) inside:
    /// [`file_fault`](crate::database_error::file_fault) extracts it.
    pub(crate) fn verify(&self) -> Result<(), DbErr> {
        verify(self.file())
    }

    /// Begins a write transaction. On SQLite it acquires the write lock at once.
    ///
    /// # Errors
    /// [`DbErr`] when the database cannot be reached, stays locked beyond the busy timeout, or its file is gone.
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

/// Marks the file as damaged if SQLite reports it, so that nothing more is written.
fn record_damage<T>(file: Option<&DatabaseFile>, result: Result<T, DbErr>) -> Result<T, DbErr> {
    if let (Some(file), Err(error)) = (file, &result)
        && failure_cause(error) == Some(FailureCause::Corrupt)
    {
        tracing::error!(%error, "the file of the database is damaged");
        file.mark_damaged();
    }
    result
}

/// A write transaction. The file is verified at its beginning and end only.
#[derive(Debug)]
pub(crate) struct CheckedTransaction {
    transaction: DatabaseTransaction,
    file: Option<Arc<DatabaseFile>>,
    _writer: Writer,
}

impl CheckedTransaction {
    /// Commits the transaction.
    ///
    /// # Errors
    /// [`DbErr`] when the database rejects the commit, or its file was deleted or replaced since the beginning: nothing
    /// is stored then.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        verify(self.file.as_deref())?;
        record_damage(self.file.as_deref(), self.transaction.commit().await)?;
        // A commit to a file that was removed in between is lost.
        verify(self.file.as_deref())
    }

    /// Rolls the transaction back.
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

/// Counts an open write transaction until it is dropped.
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

/// Returns whether the statement is a SELECT. Other queries write, such as `INSERT … RETURNING`.
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
        let done = record_damage(self.file(), self.pool.execute_raw(statement).await)?;
        self.verify().map(|()| done)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.verify()?;
        let done = record_damage(self.file(), self.pool.execute_unprepared(sql).await)?;
        self.verify().map(|()| done)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if is_read(&statement) {
            return record_damage(self.file(), self.pool.query_one_raw(statement).await);
        }
        self.verify()?;
        let done = record_damage(self.file(), self.pool.query_one_raw(statement).await)?;
        self.verify().map(|()| done)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if is_read(&statement) {
            return record_damage(self.file(), self.pool.query_all_raw(statement).await);
        }
        self.verify()?;
        let done = record_damage(self.file(), self.pool.query_all_raw(statement).await)?;
        self.verify().map(|()| done)
    }
}

#[async_trait]
impl ConnectionTrait for CheckedTransaction {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.transaction.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        record_damage(self.file.as_deref(), self.transaction.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        record_damage(self.file.as_deref(), self.transaction.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        record_damage(self.file.as_deref(), self.transaction.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        record_damage(self.file.as_deref(), self.transaction.query_all_raw(statement).await)
    }
}
