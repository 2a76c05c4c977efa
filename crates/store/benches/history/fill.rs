//! Fills a table with millions of forecasts, as fast as the database allows.

use closecast_store::DatabaseAddress;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, Statement};

use crate::queries::{FIRST_TIMESTAMP, MODELS, SYMBOLS};

/// Payload of a forecast: nine quantiles.
const QUANTILES: &str = r#"[{"level":0.01,"price":91.27364120283},{"level":0.05,"price":95.81277361928},{"level":0.1,"price":97.12837465120},{"level":0.25,"price":98.91827364519},{"level":0.5,"price":100.27364519283},{"level":0.75,"price":101.82736451928},{"level":0.9,"price":103.18273645192},{"level":0.95,"price":104.91827364512},{"level":0.99,"price":108.27364519283}]"#;

/// Fills the table of forecasts. Each day every model forecasts every symbol; ten forecasts are made in the same second, and the
/// last ten days are unsettled. Indices are dropped meanwhile and recreated.
pub(crate) async fn fill(address: &DatabaseAddress, rows: i64) {
    let url = match address {
        DatabaseAddress::Sqlite(file) => format!("sqlite:{}", file.display()),
        DatabaseAddress::Postgres(url) => url.clone(),
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let database = Database::connect(options).await.unwrap();
    let backend = database.get_database_backend();
    for setting in settings(backend) {
        database.execute_unprepared(setting).await.unwrap();
    }
    let indices = indices(&database).await;
    for (name, _) in &indices {
        database.execute_unprepared(&format!("DROP INDEX {name}")).await.unwrap();
    }
    database.execute_unprepared(&insert(backend, rows)).await.unwrap();
    for (_, made) in &indices {
        database.execute_unprepared(made).await.unwrap();
    }
    let finish: &[&str] =
        if backend == DatabaseBackend::Postgres { &["VACUUM ANALYZE forecasts", "CHECKPOINT"] } else { &["ANALYZE"] };
    for statement in finish {
        database.execute_unprepared(statement).await.unwrap();
    }
    database.close().await.unwrap();
}

fn settings(backend: DatabaseBackend) -> [&'static str; 2] {
    match backend {
        DatabaseBackend::Postgres => ["SET synchronous_commit = off", "SET maintenance_work_mem = '1GB'"],
        _ => ["PRAGMA synchronous = OFF", "PRAGMA cache_size = -2000000"],
    }
}

/// Returns the names of the indices and the statements that create them.
async fn indices(database: &DatabaseConnection) -> Vec<(String, String)> {
    let backend = database.get_database_backend();
    let sql = match backend {
        DatabaseBackend::Postgres => {
            "SELECT indexname AS name, indexdef AS made FROM pg_indexes \
             WHERE tablename = 'forecasts' AND indexname <> 'forecasts_pkey'"
        }
        _ => {
            "SELECT name, sql AS made FROM sqlite_master \
             WHERE type = 'index' AND tbl_name = 'forecasts' AND sql IS NOT NULL"
        }
    };
    let rows = database.query_all_raw(Statement::from_string(backend, sql)).await.unwrap();
    rows.iter().map(|row| (row.try_get("", "name").unwrap(), row.try_get("", "made").unwrap())).collect()
}

fn insert(backend: DatabaseBackend, rows: i64) -> String {
    let a_day = SYMBOLS * MODELS;
    let settled_until = rows / a_day - 10;
    // n counts forecasts, d days, s seconds since 1970.
    let (numbers, date, time, padded) = match backend {
        DatabaseBackend::Postgres => (
            format!("SELECT n, n / {a_day} AS d FROM generate_series(0, {rows} - 1) AS n"),
            "to_timestamp($)::date",
            "to_timestamp($)",
            "lpad(($)::text, 3, '0')",
        ),
        _ => (
            format!(
                "WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < {rows}) \
                 SELECT n, n / {a_day} AS d FROM counted"
            ),
            "date($, 'unixepoch')",
            "strftime('%Y-%m-%dT%H:%M:%S+00:00', $, 'unixepoch')",
            "printf('%03d', $)",
        ),
    };
    let of = |pattern: &str, value: String| pattern.replace('$', &value);
    let day = format!("{FIRST_TIMESTAMP} + d * 86400");
    let columns = [
        ("symbol", format!("'S' || {}", of(padded, format!("n % {SYMBOLS}")))),
        ("model_name", format!("'M' || {}", of(padded, format!("n / {SYMBOLS} % {MODELS}")))),
        ("model_sha256", format!("'{}' || {}", "a".repeat(61), of(padded, format!("n / {SYMBOLS} % {MODELS}")))),
        ("as_of", of(date, day.clone())),
        ("target_date", of(date, format!("{day} + 86400"))),
        ("step", "1".to_owned()),
        ("last_close", "100.0 + n % 97".to_owned()),
        ("point", "100.5 + n % 97".to_owned()),
        ("quantiles", format!("'{QUANTILES}'")),
        ("created_at", of(time, format!("{day} + n % {a_day} / 10"))),
        ("realised_close", format!("CASE WHEN d < {settled_until} THEN 101.0 + n % 89 END")),
        ("settled_at", format!("CASE WHEN d < {settled_until} THEN {} END", of(time, format!("{day} + 90000")))),
    ];
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<_> = columns.iter().map(|(_, value)| value.as_str()).collect();
    let (names, values) = (names.join(", "), values.join(", "));
    format!("INSERT INTO forecasts ({names}) SELECT {values} FROM ({numbers}) AS numbered ORDER BY n")
}
