//! Classifies errors of the database driver.

use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::database_file::FileFault;

/// Why the database rejected a write, for causes that an operator can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureCause {
    /// The disk is full.
    DiskFull,
    /// Another writer held the lock for too long.
    Locked,
    /// The database file is corrupt.
    Corrupt,
}

/// Returns the cause if an operator can act on it.
pub(crate) fn failure_cause(error: &DbErr) -> Option<FailureCause> {
    match &*code(error)? {
        // SQLite: full, and no room for the index of the log. PostgreSQL: disk full.
        "13" | "4874" | "53100" => Some(FailureCause::DiskFull),
        // SQLite: busy and locked, with their causes.
        "5" | "6" | "261" | "517" | "773" | "262" => Some(FailureCause::Locked),
        // SQLite: corrupt with its causes, not a database, short read. PostgreSQL: data and index corrupted.
        "11" | "267" | "523" | "779" | "26" | "522" | "XX001" | "XX002" => Some(FailureCause::Corrupt),
        _ => None,
    }
}

/// Returns the error code of the database.
fn code(error: &DbErr) -> Option<std::borrow::Cow<'_, str>> {
    let (DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause)) = error else { return None };
    let RuntimeErr::SqlxError(cause) = cause else { return None };
    match &**cause {
        sqlx::Error::Database(error) => error.code(),
        _ => None,
    }
}

/// Returns whether the statement may succeed later: the server does not respond, is starting or stopping, or another
/// writer held the lock.
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
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            matches!(&*code, "5" | "6" | "261" | "517" | "40001" | "40P01" | "57P01" | "57P02" | "57P03" | "53300")
                || code.starts_with("08")
        }),
        _ => false,
    }
}

/// Returns whether SQLite ran out of memory or failed to read or write its file: as with a full disk, it may then have
/// rolled back the whole transaction (<https://www.sqlite.org/lang_transaction.html>).
pub(crate) fn is_system_failure(error: &DbErr) -> bool {
    // NOMEM, INTERRUPT and IOERR; the higher bytes are details.
    let number = code(error).and_then(|code| code.parse::<u32>().ok());
    number.is_some_and(|number| matches!(number & 0xff, 7 | 9 | 10))
}

/// Returns what happened to the database file if that is why a statement was rejected.
pub(crate) fn file_fault(error: &DbErr) -> Option<&FileFault> {
    let DbErr::Conn(RuntimeErr::SqlxError(cause)) = error else { return None };
    match &**cause {
        sqlx::Error::Configuration(cause) => cause.downcast_ref(),
        _ => None,
    }
}
