//! Connecting to the database, and bringing its schema up to date.

use std::{path::PathBuf, str::FromStr as _, sync::Arc, time::Duration};

use sea_orm::{
    AccessMode, ConnAcquireErr, ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection,
    DatabaseTransaction, DbErr, IsolationLevel, RuntimeErr, Statement, TransactionOptions, TransactionTrait,
    sqlx::{self, Connection as _, PgConnection, postgres::PgConnectOptions, sqlite::SqliteJournalMode},
};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    StoreError,
    checked::{CheckedConnection, CheckedTransaction},
};

/// How long a writer of SQLite waits for another one before "database is locked": well under the time a request may take.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Memory in which a connection of SQLite keeps pages, in KiB (negative: not in pages). The system keeps them too; with the usual 2 MB each
/// of the pool's connections grows with the database for an hour.
const PAGE_CACHE: &str = "-512";

/// How long those writers wait for each other that wait their turn: longer than many short writes take.
const TURN_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a request waits for a free connection, and how long a connection may take to be made, before the database counts
/// as gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A PostgreSQL server, as `postgres://user:password@host:port/database`.
    Postgres(String),
}

/// Parameters that an address of PostgreSQL may have. The driver would write others to the log, with their values.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "user",
    "password",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "application_name",
    "options",
    "statement-cache-capacity",
];

impl DatabaseAddress {
    /// Reads the address of a `DATABASE_URL`: `postgres://…`, `postgresql://…` or `sqlite:FILE`.
    ///
    /// # Errors
    /// [`StoreError::Address`] for any other scheme. The text names the scheme only: an address holds a password.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            "postgres" | "postgresql" => {
                // What a driver says of an address that it cannot read repeats it, password and all.
                let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
                let names = parameters.split('&').filter_map(|parameter| parameter.split('=').next());
                if let Some(unknown) = names.filter(|name| !name.is_empty()).find(|name| !PARAMETERS.contains(name)) {
                    let known = PARAMETERS.join(", ");
                    return Err(StoreError::Address(format!("{unknown:?} is not one of its parameters: {known}")));
                }
                if PgConnectOptions::from_str(url).is_err() || url.contains('#') {
                    let remedy = "it is not an address: percent-encode characters such as # / ? @ in user and password";
                    return Err(StoreError::Address(remedy.to_owned()));
                }
                Ok(Self::Postgres(url.to_owned()))
            }
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                let path = path.split('?').next().unwrap_or(path);
                if path.is_empty() || path == ":memory:" {
                    return Err(StoreError::Address("a database in memory would be lost; name a file".to_owned()));
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            other => Err(StoreError::Address(format!(
                "{other:?} is not a database closecast knows; write postgres://user:password@host/database or sqlite:FILE"
            ))),
        }
    }
}

impl std::fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// The address without user and password.
impl std::fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let (_scheme, rest) = url.split_once("://").unwrap_or(("", url));
                let rest = rest.split('?').next().unwrap_or(rest);
                let host = rest.rsplit_once('@').map_or(rest, |(_user, host)| host);
                write!(f, "postgres://{host}")
            }
        }
    }
}

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

/// Whose turn it is to write what many requests write at once. SQLite has one writer at a time: those of this program wait here
/// for each other and hold no connection meanwhile, so that readers find one even while another program keeps the database locked.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Option<Arc<Semaphore>>);

impl Turns {
    pub(crate) fn new(address: &DatabaseAddress) -> Self {
        Self(matches!(address, DatabaseAddress::Sqlite(_)).then(|| Arc::new(Semaphore::new(1))))
    }

    /// Waits for the turn, which lasts until what is returned is dropped.
    ///
    /// # Errors
    /// [`DbErr::ConnectionAcquire`] when the turn does not come in time.
    pub(crate) async fn take(&self) -> Result<Option<SemaphorePermit<'_>>, DbErr> {
        let Some(turns) = &self.0 else { return Ok(None) };
        match tokio::time::timeout(TURN_TIMEOUT, turns.acquire()).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            Ok(Err(_)) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(_) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
        }
    }
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

/// Why a database changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Its disk has no room left.
    Full,
    /// Another writer was in the way for too long.
    Busy,
    /// Its file is not as the database wrote it.
    Damaged,
}

/// Returns why the database changed nothing, where it is for a reason that somebody can do something about.
pub(crate) fn refusal(error: &DbErr) -> Option<Refusal> {
    match &*code(error)? {
        // SQLite: full, and no room for the index of the log. PostgreSQL: disk full.
        "13" | "4874" | "53100" => Some(Refusal::Full),
        // SQLite: busy and locked, with their causes.
        "5" | "6" | "261" | "517" | "773" | "262" => Some(Refusal::Busy),
        // SQLite: corrupt with its causes, not a database, short read. PostgreSQL: data and index corrupted.
        "11" | "267" | "523" | "779" | "26" | "522" | "XX001" | "XX002" => Some(Refusal::Damaged),
        _ => None,
    }
}

/// Returns what the database itself calls an error.
fn code(error: &DbErr) -> Option<std::borrow::Cow<'_, str>> {
    let (DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause)) = error else { return None };
    let RuntimeErr::SqlxError(cause) = cause else { return None };
    match &**cause {
        sqlx::Error::Database(told) => told.code(),
        _ => None,
    }
}

/// Returns whether the same statement may work later: the server does not answer, is starting or stopping, or another writer
/// was in the way.
pub(crate) fn is_transient(error: &DbErr) -> bool {
    let (DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause)) = error else {
        return matches!(error, DbErr::ConnectionAcquire(_));
    };
    let RuntimeErr::SqlxError(cause) = cause else { return false };
    match &**cause {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // SQLite: busy and locked. PostgreSQL: connection exceptions, serialization and deadlock, shutdown and start.
        sqlx::Error::Database(told) => told.code().is_some_and(|code| {
            matches!(&*code, "5" | "6" | "261" | "517" | "40001" | "40P01" | "57P01" | "57P02" | "57P03" | "53300")
                || code.starts_with("08")
        }),
        _ => false,
    }
}

/// Returns whether SQLite failed for want of memory, or at reading or writing its file: then, as with a full disk, it may have undone
/// the whole transaction (<https://www.sqlite.org/lang_transaction.html>).
pub(crate) fn is_of_the_machine(error: &DbErr) -> bool {
    // NOMEM, INTERRUPT and IOERR; what is above the lowest byte says more.
    let number = code(error).and_then(|code| code.parse::<u32>().ok());
    number.is_some_and(|number| matches!(number & 0xff, 7 | 9 | 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_told_without_its_password() {
        let address = DatabaseAddress::parse("postgres://me:secret@db.example:5433/prices?sslmode=require").unwrap();
        assert_eq!(address.to_string(), "postgres://db.example:5433/prices");
        assert!(!format!("{address:?}").contains("secret"));
        let within = DatabaseAddress::parse("postgres://host/db?user=me&password=a@secret").unwrap();
        assert_eq!(within.to_string(), "postgres://host/db");
        for (url, file) in
            [("sqlite:a.db", "a.db"), ("sqlite://a/b.db?mode=rwc", "a/b.db"), ("sqlite:///a/b.db", "/a/b.db")]
        {
            assert_eq!(DatabaseAddress::parse(url).unwrap(), DatabaseAddress::Sqlite(file.into()), "{url}");
        }
    }

    #[test]
    fn another_address_is_refused_without_repeating_its_password() {
        for url in [
            "postgres://me:secret#1@host/db",
            "postgres://me:secret/1@host/db",
            "postgres://host/db?passwd=secret",
            "mysql://me:secret@host/db",
            "me:secret",
            "",
            "sqlite::memory:",
            "sqlite:",
        ] {
            let told = DatabaseAddress::parse(url).unwrap_err().to_string();
            assert!(!told.contains("secret"), "{url}: {told}");
        }
    }
}
