//! Why the database cannot be used, in words for callers without a key.

use closecast_store::StoreError;

/// Why the database cannot be used. The texts go to callers without a key: they name no file and no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// The disk has no room.
    #[error("the disk of the database is full")]
    DiskFull,
    /// Another program writes.
    #[error("another program keeps the database locked")]
    Locked,
    /// Nothing can be written into the data folder.
    #[error("the folder of the database cannot be written")]
    FolderNotWritable,
    /// The file was deleted, or there is another in its place.
    #[error("the database file was deleted or replaced while the server was running")]
    Replaced,
    /// The file was cut off or overwritten.
    #[error("the database file is damaged")]
    Damaged,
    /// The database does not answer, or refuses.
    #[error("the database does not answer")]
    NoAnswer,
    /// The server received the stop signal.
    #[error("the server is shutting down")]
    ShuttingDown,
}

impl From<&StoreError> for NotReady {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Full(_) => Self::DiskFull,
            StoreError::Busy(_) => Self::Locked,
            StoreError::Folder { .. } => Self::FolderNotWritable,
            StoreError::Replaced { .. } => Self::Replaced,
            StoreError::Damaged { .. } => Self::Damaged,
            _ => Self::NoAnswer,
        }
    }
}
