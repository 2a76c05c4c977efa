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
    database_error::{Refusal, refusal},
    database_file::DatabaseFile,
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
    /// [`DbErr::Conn`] with a [`FileFault`] inside: [`fault`](crate::database_error::fault) returns it.
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
