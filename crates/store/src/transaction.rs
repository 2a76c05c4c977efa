//! Read and write transactions.

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, IsolationLevel, Statement,
    TransactionOptions, TransactionTrait,
};

use crate::checked::{CheckedConnection, CheckedTransaction};

/// Begins a read transaction in which all reads see the same snapshot.
///
/// # Errors
/// [`DbErr`] when the database cannot be reached.
pub(crate) async fn begin_reading(database: &CheckedConnection) -> Result<DatabaseTransaction, DbErr> {
    let mut options = TransactionOptions::default();
    // In WAL mode SQLite does so by itself.
    if database.get_database_backend() == DatabaseBackend::Postgres {
        options.isolation_level = Some(IsolationLevel::RepeatableRead);
        options.access_mode = Some(AccessMode::ReadOnly);
    }
    database.pool().begin_with_options(options).await
}

/// Begins a write transaction. On SQLite it acquires the write lock at once: a transaction that reads first is rejected
/// on its first write, regardless of the busy timeout, if another has written in between.
///
/// # Errors
/// [`DbErr`] when the database cannot be reached, or stays locked beyond the busy timeout.
pub(crate) async fn begin_writing(database: &CheckedConnection) -> Result<CheckedTransaction, DbErr> {
    database.begin_writing().await
}

/// Blocks other writers of `subject` until the transaction ends. SQLite has one writer at a time anyway.
///
/// # Errors
/// [`DbErr`] when the database cannot be reached.
pub(crate) async fn lock_subject(transaction: &DatabaseTransaction, subject: &str) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DatabaseBackend::Postgres {
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        let take = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, [subject.into()]);
        transaction.execute_raw(take).await?;
    }
    Ok(())
}
