//! Transactions that read and that write.

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseBackend, DatabaseTransaction, DbErr, IsolationLevel, Statement,
    TransactionOptions, TransactionTrait,
};

use crate::checked::{CheckedConnection, CheckedTransaction};

/// Begins a transaction in which every read sees the same moment, that of the first one, whatever others write meanwhile.
///
/// # Errors
/// [`DbErr`] when the database cannot be reached.
pub(crate) async fn begin_reading(database: &CheckedConnection) -> Result<DatabaseTransaction, DbErr> {
    let mut options = TransactionOptions::default();
    // SQLite does so by itself in write-ahead-log mode.
    if database.get_database_backend() == DatabaseBackend::Postgres {
        options.isolation_level = Some(IsolationLevel::RepeatableRead);
        options.access_mode = Some(AccessMode::ReadOnly);
    }
    database.pool().begin_with_options(options).await
}

/// Begins a transaction that will write. On SQLite it takes the write lock at once and waits for it: one that reads first and
/// asks for the lock afterwards is refused, however long it would wait, if another has written in between.
///
/// # Errors
/// [`DbErr`] when the database cannot be reached, or is locked for longer than a writer waits.
pub(crate) async fn begin_writing(database: &CheckedConnection) -> Result<CheckedTransaction, DbErr> {
    database.begin_writing().await
}

/// Makes other writers of `subject` wait until this transaction ends. SQLite has one writer at a time anyway.
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
