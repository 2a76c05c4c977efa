//! Connecting to the database.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection,
    sqlx::{self, Connection as _, PgConnection, sqlite::SqliteJournalMode},
};

use crate::{DatabaseAddress, StoreError};

/// How long a writer of SQLite waits for another one before "database is locked": well under the time a request may take.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a request waits for a free connection, and how long a connection may take to be made, before the database counts
/// as gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a pool of at most `connections`.
///
/// # Errors
/// [`StoreError::Database`] when the database cannot be opened or reached.
pub(crate) async fn connect(address: &DatabaseAddress, connections: u32) -> Result<DatabaseConnection, StoreError> {
    let mut options = match address {
        DatabaseAddress::Sqlite(file) => {
            let file = file.clone();
            let mut options = ConnectOptions::new("sqlite:");
            options.map_sqlx_sqlite_opts(move |sqlite| {
                sqlite
                    .filename(&file)
                    .create_if_missing(false)
                    .journal_mode(SqliteJournalMode::Wal)
                    .busy_timeout(BUSY_TIMEOUT)
                    .foreign_keys(true)
            });
            // A full disk ends a transaction behind the pool's back: undoing it then fails, and the connection still counts as within
            // one, where it refuses the next or keeps the lock of the database. Such a connection is closed.
            options.map_sqlx_sqlite_before_acquire(|connection, _| {
                Box::pin(std::future::ready(Ok(!connection.is_in_transaction())))
            });
            options
        }
        DatabaseAddress::Postgres(url) => {
            say_why_not(address, url).await?;
            let mut options = ConnectOptions::new(url);
            options.connect_timeout(PATIENCE).acquire_timeout(PATIENCE).test_before_acquire(true);
            options
        }
    };
    options.max_connections(connections).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// Makes one connection, since a pool that cannot make any only says that it ran out of time.
async fn say_why_not(address: &DatabaseAddress, url: &str) -> Result<(), StoreError> {
    let refused = |reason: String| StoreError::Unreachable { address: address.to_string(), reason };
    let attempt = tokio::time::timeout(PATIENCE, PgConnection::connect(url)).await;
    match attempt {
        Ok(Ok(connection)) => {
            // It was for the answer; what happens to it does not matter.
            _ = connection.close().await;
            Ok(())
        }
        Ok(Err(sqlx::Error::Database(told))) => Err(refused(told.message().to_owned())),
        Ok(Err(error)) => Err(refused(error.to_string())),
        Err(_late) => Err(refused(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}
