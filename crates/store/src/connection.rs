//! Connects to the database.

use std::time::Duration;

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection,
    sqlx::{self, Connection as _, PgConnection, sqlite::SqliteJournalMode},
};

use crate::{DatabaseAddress, StoreError};

/// SQLite busy timeout: how long a writer waits for another before "database is locked". Well below the timeout of a
/// request.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Memory in which a connection of SQLite caches pages, in KiB (negative: not in pages). The system caches them too; with the default of
/// 2 MB, each of the pool's connections grows with the database for an hour.
const PAGE_CACHE: &str = "-512";

/// Timeout for acquiring a pooled connection and for establishing one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

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
                    .pragma("cache_size", PAGE_CACHE)
            });
            // A full disk ends a transaction without the pool noticing: its rollback fails, and the connection is then unusable or
            // keeps the database locked. Such a connection is closed.
            options.map_sqlx_sqlite_before_acquire(|connection, _| {
                Box::pin(std::future::ready(Ok(!connection.is_in_transaction())))
            });
            options
        }
        DatabaseAddress::Postgres(url) => {
            check_reachable(address, url).await?;
            let mut options = ConnectOptions::new(url);
            options.connect_timeout(CONNECT_TIMEOUT).acquire_timeout(CONNECT_TIMEOUT).test_before_acquire(true);
            options
        }
    };
    options.max_connections(connections).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// Establishes one connection to obtain the cause of a failure, which the pool would report as a timeout.
async fn check_reachable(address: &DatabaseAddress, url: &str) -> Result<(), StoreError> {
    let refused = |reason: String| StoreError::Unreachable { address: address.to_string(), reason };
    let attempt = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect(url)).await;
    match attempt {
        Ok(Ok(connection)) => {
            // A failure to close it does not matter.
            _ = connection.close().await;
            Ok(())
        }
        Ok(Err(sqlx::Error::Database(error))) => Err(refused(error.message().to_owned())),
        Ok(Err(error)) => Err(refused(error.to_string())),
        Err(_late) => Err(refused(format!("no response within {} s", CONNECT_TIMEOUT.as_secs()))),
    }
}
