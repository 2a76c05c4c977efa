//! Opening the store.

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait, sqlx::sqlite::SqliteJournalMode,
};
use sea_orm_migration::MigratorTrait;

use crate::{BarStore, Blobs, ForecastStore, ModelStore, StoreError, migration::Migrator};

/// How long a writer waits for another one before "database is locked".
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Readers beside each other; SQLite has one writer at a time whatever this is.
const MAX_CONNECTIONS: u32 = 8;

/// The database and the artifacts of one installation.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    database: DatabaseConnection,
    blobs: Blobs,
}

impl Store {
    /// Opens the store in `folder`, making what is missing and bringing the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Folder`] when the folder cannot be made or written, [`StoreError::Database`] when the database in it
    /// cannot be opened or migrated.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        let unusable = |source| StoreError::Folder { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let file = folder.join("closecast.db");
        // Opened here once, so that a folder without write permission is told as such and not as an SQLite code.
        File::options().create(true).append(true).open(&file).map_err(unusable)?;
        let lock = lock(folder.join("migration.lock")).await.map_err(unusable)?;
        migrate(&file).await?;
        drop(lock);
        let database = connect(&file, MAX_CONNECTIONS).await?;
        let blobs = Blobs::local(&folder.join("artifacts"))?;
        Ok(Self { folder: folder.to_owned(), database, blobs })
    }

    /// Returns the folder the store lives in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the bars.
    #[must_use]
    pub fn bars(&self) -> BarStore<'_> {
        BarStore::new(&self.database)
    }

    /// Returns the models.
    #[must_use]
    pub fn models(&self) -> ModelStore<'_> {
        ModelStore::new(&self.database, &self.blobs)
    }

    /// Returns the forecasts made.
    #[must_use]
    pub fn forecasts(&self) -> ForecastStore<'_> {
        ForecastStore::new(&self.database)
    }

    /// Returns the artifacts.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.database.ping().await?)
    }
}

/// Begins a transaction that will write. It takes the write lock at once and waits for it: one that reads first and asks
/// for the lock afterwards is refused, however long it would wait, if another has written in between.
pub(crate) async fn begin_writing(database: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    database.begin_with_options(options).await
}

/// Waits for the lock under which the schema is changed, so that of several programs started at once one does it.
async fn lock(path: PathBuf) -> std::io::Result<File> {
    let locked = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).append(true).open(path)?;
        file.lock()?;
        Ok(file)
    });
    locked.await.map_err(std::io::Error::other)?
}

/// Brings the schema up to date over one connection, which is closed before any other is opened: a connection that read
/// the schema between a table and its index refuses `ON CONFLICT` for good, since SQLite does not read it again for that.
async fn migrate(file: &Path) -> Result<(), StoreError> {
    let database = connect(file, 1).await?;
    let migrated = Migrator::up(&database, None).await;
    database.close().await?;
    Ok(migrated?)
}

async fn connect(file: &Path, connections: u32) -> Result<DatabaseConnection, StoreError> {
    let file = file.to_owned();
    let mut options = ConnectOptions::new("sqlite:");
    options.max_connections(connections).sqlx_logging(false).map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
    });
    Ok(Database::connect(options).await?)
}
