//! Opens the store and gives access to its parts.

use std::path::{Path, PathBuf};

use crate::{
    AlertStore, ArtifactSettings, AuditStore, BarStore, Blobs, ChangeNotifier, DatabaseAddress, EventStore,
    ForecastStore, JobStore, KeyStore, ModelStore, RunStore, StoreError, UpgradeCopy, checked::CheckedConnection,
    connection, database_file::DatabaseFile, migration, private, write_queue::WriteQueue,
};

/// Connections of the pool. SQLite has one writer at a time regardless.
const MAX_CONNECTIONS: u32 = 8;

/// Location of database and artifacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// Local data folder: database and artifacts unless they are elsewhere, and logs.
    pub folder: PathBuf,
    /// The database; by default `closecast.db` in the folder.
    pub database: Option<DatabaseAddress>,
    /// The artifacts; by default `artifacts` in the folder.
    pub artifacts: Option<ArtifactSettings>,
}

impl From<&Path> for StoreSettings {
    fn from(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), database: None, artifacts: None }
    }
}

impl StoreSettings {
    /// Returns the location of the database.
    #[must_use]
    pub fn database(&self) -> DatabaseAddress {
        self.database.clone().unwrap_or_else(|| DatabaseAddress::Sqlite(self.folder.join("closecast.db")))
    }

    /// Returns the location of the artifacts.
    #[must_use]
    pub fn artifacts(&self) -> ArtifactSettings {
        self.artifacts.clone().unwrap_or_else(|| ArtifactSettings::local(&self.folder.join("artifacts")))
    }
}

/// Migration status of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Applied migrations.
    pub applied: usize,
    /// Pending migrations.
    pub pending: usize,
}

/// The database and the artifacts of one installation.
#[derive(Clone, Debug)]
pub struct Store {
    settings: StoreSettings,
    pub(crate) database: CheckedConnection,
    pub(crate) blobs: Blobs,
    pub(crate) notifier: ChangeNotifier,
    write_queue: WriteQueue,
}

impl Store {
    /// Opens the store; creates what is missing and applies pending migrations.
    ///
    /// # Errors
    /// [`StoreError::Folder`] when the folder cannot be created or written, [`StoreError::Database`] when the database
    /// cannot be opened, reached or migrated, [`StoreError::Blob`] when the artifact storage cannot be used.
    pub async fn open(settings: impl Into<StoreSettings>) -> Result<Self, StoreError> {
        let settings = settings.into();
        let unusable = |source| StoreError::Folder { path: settings.folder.clone(), source };
        private::create_folder(&settings.folder).map_err(unusable)?;
        let address = settings.database();
        migration::migrate(&address).await?;
        let pool = connection::connect(&address, MAX_CONNECTIONS).await?;
        let file = match &address {
            DatabaseAddress::Sqlite(path) => Some(DatabaseFile::track(path).map_err(unusable)?),
            DatabaseAddress::Postgres(_) => None,
        };
        let database = CheckedConnection::new(pool, file);
        let blobs = Blobs::open(&settings.artifacts())?;
        let notifier = ChangeNotifier::new(database.pool());
        let write_queue = WriteQueue::new(&address);
        Ok(Self { settings, database, blobs, notifier, write_queue })
    }

    /// Sets the maximum size of artifacts that are read, in bytes; see [`Blobs::with_max_bytes`].
    #[must_use]
    pub fn with_max_artifact_bytes(self, bytes: u64) -> Self {
        Self { blobs: self.blobs.with_max_bytes(bytes), ..self }
    }

    /// Applies pending migrations and does nothing else.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub async fn migrate(settings: &StoreSettings) -> Result<(), StoreError> {
        migration::migrate(&settings.database()).await
    }

    /// Returns the migration status.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database does not respond, or has migrations that this program does not know.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        let (applied, pending) = migration::schema(self.database.pool()).await?;
        Ok(Schema { applied, pending })
    }

    /// Returns the copies of an SQLite database that were made before upgrades, newest first.
    ///
    /// # Errors
    /// [`StoreError::Folder`] when the folder of the database cannot be read.
    pub fn upgrade_copies(&self) -> Result<Vec<UpgradeCopy>, StoreError> {
        self.database.file().map_or_else(|| Ok(Vec::new()), |file| migration::upgrade_copies(file.path()))
    }

    /// Returns the local data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }

    /// Returns the location of the database.
    #[must_use]
    pub fn address(&self) -> DatabaseAddress {
        self.settings.database()
    }

    /// Returns the bars.
    #[must_use]
    pub fn bars(&self) -> BarStore<'_> {
        BarStore::new(&self.database, &self.notifier)
    }

    /// Returns the models.
    #[must_use]
    pub fn models(&self) -> ModelStore<'_> {
        ModelStore::new(&self.database, &self.blobs, &self.notifier)
    }

    /// Returns the forecasts.
    #[must_use]
    pub fn forecasts(&self) -> ForecastStore<'_> {
        ForecastStore::new(&self.database, &self.write_queue, &self.notifier)
    }

    /// Returns the job queue.
    #[must_use]
    pub fn jobs(&self) -> JobStore<'_> {
        JobStore::new(&self.database, &self.notifier)
    }

    /// Returns the runs.
    #[must_use]
    pub fn runs(&self) -> RunStore<'_> {
        RunStore::new(&self.database)
    }

    /// Returns the alerts.
    #[must_use]
    pub fn alerts(&self) -> AlertStore<'_> {
        AlertStore::new(&self.database, &self.notifier)
    }

    /// Returns the events.
    #[must_use]
    pub fn events(&self) -> EventStore<'_> {
        EventStore::new(&self.database, &self.write_queue, &self.notifier)
    }

    /// Returns the audit log.
    #[must_use]
    pub fn audit(&self) -> AuditStore<'_> {
        AuditStore::new(&self.database, &self.write_queue)
    }

    /// Returns the API keys.
    #[must_use]
    pub fn keys(&self) -> KeyStore<'_> {
        KeyStore::new(&self.database, &self.write_queue)
    }

    /// Returns the artifacts.
    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Returns the notifier of changes by this and other programs.
    #[must_use]
    pub fn notifier(&self) -> &ChangeNotifier {
        &self.notifier
    }

    /// Checks that the database responds.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it does not, [`StoreError::Replaced`] and [`StoreError::Damaged`] when its file
    /// was deleted, replaced or truncated.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.database.pool().ping().await?;
        Ok(self.database.verify()?)
    }

    /// Closes the connections after pending writes have finished.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the database does not respond.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.database.pool().clone().close().await?)
    }
}
