//! What the errors of the database driver mean.

use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::database_file::FileFault;

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

/// Returns what happened to the file of the database, if that is why a statement was refused.
pub(crate) fn fault(error: &DbErr) -> Option<&FileFault> {
    let DbErr::Conn(RuntimeErr::SqlxError(cause)) = error else { return None };
    match &**cause {
        sqlx::Error::Configuration(cause) => cause.downcast_ref(),
        _ => None,
    }
}
