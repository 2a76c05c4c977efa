//! Opening the store.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{ConnectOptions, Database, DatabaseConnection, sqlx::sqlite::SqliteJournalMode};
use sea_orm_migration::MigratorTrait;

use crate::{BarStore, Blobs, ForecastStore, ModelStore, StoreError, migration::Migrator};

/// How long a writer waits for another one before "database is locked".
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

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
        std::fs::OpenOptions::new().create(true).append(true).open(&file).map_err(unusable)?;
        let mut options = ConnectOptions::new("sqlite:");
        options.max_connections(8).sqlx_logging(false).map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .filename(&file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
        });
        let database = Database::connect(options).await?;
        Migrator::up(&database, None).await?;
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
