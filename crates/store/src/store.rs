//! Opening the store.

use std::path::{Path, PathBuf};

use crate::{
    AlertStore, ArtifactSettings, AuditStore, BarStore, Blobs, DatabaseAddress, EventStore, ForecastStore, JobStore,
    KeyStore, ModelStore, RunStore, StoreError, UpgradeCopy, Wakeups, checked::CheckedConnection, connection,
    database_file::DatabaseFile, migration, private, write_queue::Turns,
};

/// Connections beside each other; SQLite has one writer at a time whatever this is.
const MAX_CONNECTIONS: u32 = 8;

/// Where everything is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// Folder of what belongs to this machine: the database and the artifacts unless they are elsewhere, and logs.
    pub folder: PathBuf,
    /// The database; `closecast.db` in the folder when absent.
    pub database: Option<DatabaseAddress>,
    /// The artifacts; `artifacts` in the folder when absent.
    pub artifacts: Option<ArtifactSettings>,
}

impl From<&Path> for StoreSettings {
    fn from(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), database: None, artifacts: None }
    }
}

impl StoreSettings {
    /// Returns where the database is.
    #[must_use]
    pub fn database(&self) -> DatabaseAddress {
        self.database.clone().unwrap_or_else(|| DatabaseAddress::Sqlite(self.folder.join("closecast.db")))
    }

    /// Returns where the artifacts are.
    #[must_use]
    pub fn artifacts(&self) -> ArtifactSettings {
        self.artifacts.clone().unwrap_or_else(|| ArtifactSettings::local(&self.folder.join("artifacts")))
    }
}

/// How the schema of a database stands to what this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Changes that were made.
    pub applied: usize,
    /// Changes that wait to be made.
    pub pending: usize,
}

/// The database and the artifacts of one installation.
#[derive(Clone, Debug)]
pub struct Store {
    settings: StoreSettings,
    pub(crate) database: CheckedConnection,
    pub(crate) blobs: Blobs,
    pub(crate) wakeups: Wakeups,
    turns: Turns,
}

impl Store {
    /// Opens the store, making what is missing and bringing the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Folder`] when the folder cannot be made or written, [`StoreError::Database`] when the database cannot be
    /// opened, reached or migrated, [`StoreError::Blob`] when the place of the artifacts cannot be used.
    pub async fn open(settings: impl Into<StoreSettings>) -> Result<Self, StoreError> {
        let settings = settings.into();
        let unusable = |source| StoreError::Folder { path: settings.folder.clone(), source };
        private::create_folder(&settings.folder).map_err(unusable)?;
        let address = settings.database();
        migration::migrate(&address).await?;
        let pool = connection::connect(&address, MAX_CONNECTIONS).await?;
        let file = match &address {
            DatabaseAddress::Sqlite(path) => Some(DatabaseFile::remember(path).map_err(unusable)?),
            DatabaseAddress::Postgres(_) => None,
        };
        let database = CheckedConnection::new(pool, file);
        let blobs = Blobs::open(&settings.artifacts())?;
        let wakeups = Wakeups::new(database.pool());
        let turns = Turns::new(&address);
        Ok(Self { settings, database, blobs, wakeups, turns })
    }

    /// Returns the store with a bound on the size of an artifact that is read to be used, in bytes; see [`Blobs::reading_at_most`].
    #[must_use]
    pub fn reading_artifacts_at_most(self, bytes: u64) -> Self {
        Self { blobs: self.blobs.reading_at_most(bytes), ..self }
    }

    /// Brings the schema up to date and does nothing else.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub async fn migrate(settings: &StoreSettings) -> Result<(), StoreError> {
        migration::migrate(&settings.database()).await
    }

    /// Returns how the schema stands.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database does not answer, or has changes that this program does not know.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let (applied, pending) = migration::schema(self.database.pool()).await?;
        Ok(Schema { applied, pending })
    }

    /// Returns the copies that were made of an SQLite database before upgrades, newest first.
    ///
    /// # Errors
    /// [`StoreError::Folder`] when the folder of the database cannot be read.
    pub fn upgrade_copies(&self) -> Result<Vec<UpgradeCopy>, StoreError> {
        self.database.file().map_or_else(|| Ok(Vec::new()), |file| migration::upgrade_copies(file.path()))
    }

    /// Returns the folder of what belongs to this machine.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// Returns where the database is.
    #[must_use]
    pub fn address(&self) -> DatabaseAddress {
        self.settings.database()
    }

    /// Returns the bars.
    #[must_use]
    pub fn bars(&self) -> BarStore<'_> {
        BarStore::new(&self.database, &self.wakeups)
    }

    /// Returns the models.
    #[must_use]
    pub fn models(&self) -> ModelStore<'_> {
        ModelStore::new(&self.database, &self.blobs, &self.wakeups)
    }

    /// Returns the forecasts made.
    #[must_use]
    pub fn forecasts(&self) -> ForecastStore<'_> {
        ForecastStore::new(&self.database, &self.turns, &self.wakeups)
    }

    /// Returns the jobs.
    #[must_use]
    pub fn jobs(&self) -> JobStore<'_> {
        JobStore::new(&self.database, &self.wakeups)
    }

    /// Returns the runs.
    #[must_use]
    pub fn runs(&self) -> RunStore<'_> {
        RunStore::new(&self.database)
    }

    /// Returns the alerts.
    #[must_use]
    pub fn alerts(&self) -> AlertStore<'_> {
        AlertStore::new(&self.database, &self.wakeups)
    }

    /// Returns the news.
    #[must_use]
    pub fn events(&self) -> EventStore<'_> {
        EventStore::new(&self.database, &self.turns, &self.wakeups)
    }

    /// Returns the book of who did what.
    #[must_use]
    pub fn audit(&self) -> AuditStore<'_> {
        AuditStore::new(&self.database, &self.turns)
    }

    /// Returns the keys.
    #[must_use]
    pub fn keys(&self) -> KeyStore<'_> {
        KeyStore::new(&self.database, &self.turns)
    }

    /// Returns the artifacts.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Returns what tells of changes made by this and other programs.
    #[must_use]
    pub fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it does not answer, [`StoreError::Replaced`] and [`StoreError::Damaged`] when its file was deleted,
    /// replaced or cut off.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.database.pool().ping().await?;
        Ok(self.database.verify()?)
    }

    /// Closes the connections, after what is being written has been written.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database does not answer.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.database.pool().clone().close().await?)
    }
}
