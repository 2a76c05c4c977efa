//! Fresh stores for tests, one for each kind of database.

use closecast_store::{DatabaseAddress, Store, StoreSettings};
use sea_orm::{ConnectionTrait, Database};

/// A fresh store, deleted on drop.
pub(crate) struct Place {
    pub(crate) store: Store,
    pub(crate) settings: StoreSettings,
    pub(crate) folder: tempfile::TempDir,
    postgres: Option<(String, String)>,
}

impl Place {
    pub(crate) fn is_postgres(&self) -> bool {
        self.postgres.is_some()
    }

    /// Executes SQL directly, as no program of this project would.
    pub(crate) async fn sql(&self, statement: &str) {
        let url = match self.store.address() {
            DatabaseAddress::Sqlite(file) => format!("sqlite:{}", file.display()),
            DatabaseAddress::Postgres(url) => url,
        };
        let database = Database::connect(url).await.unwrap();
        database.execute_unprepared(statement).await.unwrap();
        database.close().await.unwrap();
    }

    /// Opens the store a second time, as another program would.
    pub(crate) async fn reopened(&self) -> Store {
        Store::open(self.settings.clone()).await.unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((server, name)) = self.postgres.take() else { return };
        // The test's runtime cannot be awaited here.
        let drop = async move {
            let admin = Database::connect(&server).await.unwrap();
            admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
        };
        let run = || tokio::runtime::Runtime::new().unwrap().block_on(drop);
        std::thread::scope(|scope| scope.spawn(run).join()).unwrap();
    }
}

/// Returns a store on SQLite and, if a test server is configured, one on PostgreSQL.
pub(crate) async fn places() -> Vec<Place> {
    let mut places = vec![sqlite().await];
    places.extend(postgres().await);
    places
}

pub(crate) async fn sqlite() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings::from(folder.path());
    Place { store: Store::open(settings.clone()).await.unwrap(), settings, folder, postgres: None }
}

/// Returns a store in a new database on the PostgreSQL test server.
pub(crate) async fn postgres() -> Option<Place> {
    let server = closecast_testkit::services::address("CLOSECAST_TEST_POSTGRES")?;
    let name = format!("closecast_test_{}", uuid::Uuid::now_v7().simple());
    let admin = Database::connect(&server).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    let (base, _database) = server.rsplit_once('/').unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = DatabaseAddress::parse(&format!("{base}/{name}")).unwrap();
    let settings = StoreSettings { database: Some(address), ..StoreSettings::from(folder.path()) };
    let store = Store::open(settings.clone()).await.unwrap();
    Some(Place { store, settings, folder, postgres: Some((server, name)) })
}
