//! Migrations, including from states that older versions left.

use std::{
    fs,
    path::{Path, PathBuf},
};

use closecast_domain::Symbol;
use closecast_store::{Alias, Store, StoreError};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement};

/// The statements of closecast 0.1.0, each committed separately.
const STATEMENTS: &str = include_str!("../../fixtures/schema_0_1_0.sql");

/// Number of statements of the bookkeeping table and of the first migration, with its row.
const FIRST_STEP: usize = 8;

const ROWS: [&str; 4] = [
    "INSERT INTO series VALUES ('AAPL', 'split_adjusted', 'USD', 'test', '2024-01-05 00:00:00+00:00', '2024-01-02', '2024-01-03', 2)",
    "INSERT INTO bars VALUES ('AAPL', 0, '2024-01-02', 1, 1, 1, 1, NULL, 5, 0, 1, 0), ('AAPL', 1, '2024-01-03', 2, 2, 2, 2, NULL, 5, 0, 1, 0)",
    "INSERT INTO model_versions (name, version, symbol, sha256, size_bytes, card, created_at) VALUES \
     ('AAPL', 1, 'AAPL', 'a', 1, '{}', '2024-01-05 00:00:00+00:00'), ('AAPL', 2, 'AAPL', 'b', 1, '{}', '2024-01-06 00:00:00+00:00'), \
     ('IBM', 1, 'IBM', 'c', 1, '{}', '2024-01-05 00:00:00+00:00')",
    "INSERT INTO forecasts (symbol, model_name, model_sha256, as_of, target_date, step, last_close, point, quantiles, created_at) \
     VALUES ('AAPL', 'AAPL', 'b', '2024-01-03', '2024-01-04', 1, 2, 2.5, '[]', '2024-01-06 00:00:00+00:00')",
];

fn statements() -> Vec<&'static str> {
    STATEMENTS.lines().filter(|line| !line.starts_with("--")).collect()
}

async fn connect(file: &Path) -> DatabaseConnection {
    let mut options = ConnectOptions::new(format!("sqlite:{}?mode=rwc", file.display()));
    options.max_connections(1);
    let database = Database::connect(options).await.unwrap();
    database.execute_unprepared("PRAGMA journal_mode = WAL").await.unwrap();
    database
}

/// Creates a database in which 0.1.0 was killed after `done` statements, with rows once the first migration was complete.
async fn killed_after(done: usize) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("closecast.db");
    let database = connect(&file).await;
    for (number, statement) in statements().into_iter().take(done).enumerate() {
        database.execute_unprepared(statement).await.unwrap();
        if number + 1 == FIRST_STEP {
            for rows in ROWS {
                database.execute_unprepared(rows).await.unwrap();
            }
        }
    }
    database.close().await.unwrap();
    (folder, file)
}

/// Returns one column of the result.
async fn column(database: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = database.query_all_raw(Statement::from_string(DatabaseBackend::Sqlite, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Returns the schema in an order independent of its history.
async fn schema(file: &Path) -> Vec<String> {
    let database = connect(file).await;
    let all = "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || COALESCE(sql, '') FROM sqlite_master ORDER BY 1";
    let mut schema = column(&database, all).await;
    schema.extend(column(&database, "SELECT version FROM seaql_migrations ORDER BY 1").await);
    database.close().await.unwrap();
    schema
}

async fn data(file: &Path) -> Vec<String> {
    let database = connect(file).await;
    let sql = "SELECT (SELECT COUNT(*) || ' ' || SUM(close) FROM bars) || ' ' || (SELECT COUNT(*) FROM series) || ' ' || \
               (SELECT GROUP_CONCAT(name || version || sha256) FROM model_versions) || ' ' || \
               (SELECT GROUP_CONCAT(point || created_at) FROM forecasts)";
    let data = column(&database, sql).await;
    database.close().await.unwrap();
    data
}

fn copies(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files.filter(|path| path.to_string_lossy().contains(".before-")).collect();
    found.sort();
    found
}

async fn fresh_schema() -> Vec<String> {
    let fresh = tempfile::tempdir().unwrap();
    Store::open(fresh.path()).await.unwrap().close().await.unwrap();
    assert!(copies(fresh.path()).is_empty(), "there is nothing to copy");
    schema(&fresh.path().join("closecast.db")).await
}

#[tokio::test]
async fn migration_completes_interrupted_migration_of_0_1_0() {
    let expected = fresh_schema().await;
    for done in 0..=statements().len() {
        let (folder, file) = killed_after(done).await;
        let before = if done >= FIRST_STEP { Some(data(&file).await) } else { None };
        let store = Store::open(folder.path()).await.unwrap_or_else(|error| panic!("after {done}: {error}"));
        store.check_ready().await.unwrap();
        if before.is_some() {
            let bars = store.bars().load(&Symbol::new("AAPL").unwrap()).await.unwrap().unwrap();
            assert_eq!(bars.series.bars.len(), 2);
            let aliases: Vec<_> = store.models().aliases().await.unwrap().into_iter().collect();
            let champion = |name: &str, version| ((name.to_owned(), Alias::Champion), version);
            assert_eq!(aliases, [champion("AAPL", 2), champion("IBM", 1)], "after {done}");
        }
        store.close().await.unwrap();
        assert_eq!(schema(&file).await, expected, "after {done}");
        if let Some(before) = before {
            assert_eq!(data(&file).await, before, "after {done}");
        }
        let copied = usize::from((FIRST_STEP..statements().len()).contains(&done));
        assert_eq!(copies(folder.path()).len(), copied, "after {done}");
        Store::open(folder.path()).await.unwrap().close().await.unwrap();
        assert_eq!(copies(folder.path()).len(), copied, "nothing waits any more");
    }
}

/// 0.1.0, which has no roles, used a database that the next version had migrated in part.
#[tokio::test]
async fn migration_assigns_champion_to_version_published_by_older_program() {
    let inserted = statements().iter().position(|sql| sql.starts_with("INSERT INTO model_aliases")).unwrap() + 1;
    let (folder, file) = killed_after(inserted).await;
    let database = connect(&file).await;
    let newer = "INSERT INTO model_versions (name, version, symbol, sha256, size_bytes, card, created_at) VALUES \
                 ('AAPL', 3, 'AAPL', 'd', 1, '{}', '2024-01-07 00:00:00+00:00')";
    database.execute_unprepared(newer).await.unwrap();
    database.close().await.unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let aliases = store.models().aliases().await.unwrap();
    assert_eq!(aliases[&("AAPL".to_owned(), Alias::Champion)], 3);
}

#[tokio::test]
async fn migration_rejects_database_of_newer_version() {
    let (folder, file) = killed_after(FIRST_STEP).await;
    let database = connect(&file).await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_future', 1)";
    database.execute_unprepared(newer).await.unwrap();
    database.close().await.unwrap();
    let before = (schema(&file).await, data(&file).await);
    let error = Store::open(folder.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema), "{error}");
    assert_eq!((schema(&file).await, data(&file).await), before);
}

/// An index with the name of a table makes the last migration fail.
#[tokio::test]
async fn migration_changes_nothing_when_a_step_fails() {
    let (folder, file) = killed_after(FIRST_STEP).await;
    let database = connect(&file).await;
    database.execute_unprepared("CREATE INDEX audit_log ON series (source)").await.unwrap();
    database.close().await.unwrap();
    let (before, rows) = (schema(&file).await, data(&file).await);
    let error = Store::open(folder.path()).await.unwrap_err();
    assert!(matches!(error, StoreError::Database(_)) && error.to_string().contains("audit_log"), "{error}");
    assert_eq!((schema(&file).await, data(&file).await), (before, rows));
    assert!(copies(folder.path()).is_empty(), "the copy of an unchanged database is removed");
    let database = connect(&file).await;
    database.execute_unprepared("DROP INDEX audit_log").await.unwrap();
    database.close().await.unwrap();
    Store::open(folder.path()).await.unwrap();
}

#[tokio::test]
async fn migration_keeps_the_two_newest_copies_and_removes_unfinished_ones() {
    let (folder, file) = killed_after(FIRST_STEP).await;
    let before = (schema(&file).await, data(&file).await);
    for name in ["before-0.0.1-a", "before-0.0.2-b", "before-0.0.3-c.part", "before-0.0.3-c.part-journal"] {
        fs::write(folder.path().join(format!("closecast.db.{name}")), name).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    fs::write(folder.path().join("other.db.before-0"), "not ours").unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let found = store.upgrade_copies().unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].path.ends_with("closecast.db.before-0.0.2-b"), "{found:?}");
    assert!(folder.path().join("other.db.before-0").exists());
    assert_eq!(copies(folder.path()).len(), 3);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&found[0].path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let copy = folder.path().join("copy");
    fs::rename(&found[0].path, &copy).unwrap();
    assert_eq!((schema(&copy).await, data(&copy).await), before);
}
