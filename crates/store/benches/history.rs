//! How long a page of past forecasts takes when there are millions of them.
//!
//! ```text
//! cargo bench -p closecast-store --bench history                   1,000,000 forecasts
//! cargo bench -p closecast-store --bench history -- 10000000       ten million: 15 GB of disk, some minutes
//! cargo bench -p closecast-store --bench history -- postgres://user:password@host/postgres     on PostgreSQL too
//! ```
//! SQLite in the folder for temporary files, and a database of its own on the PostgreSQL server. Each query runs 50 times for
//! different symbols, through the store as in the API, after a first time with cold caches. A median above 10 ms means that an
//! index no longer fits its query: the plan below the figures shows which.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "its figures are what a benchmark prints")]

#[path = "history/fill.rs"]
mod fill;
#[path = "history/queries.rs"]
mod queries;

use std::time::{Duration, Instant};

use closecast_store::{DatabaseAddress, Store, StoreSettings};
use sea_orm::{ConnectionTrait, Database};

use crate::queries::{HistoryQuery, REPETITIONS, queries};

const ROWS: i64 = 1_000_000;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test` runs benchmarks without it, and needs no measurement.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let rows = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(ROWS);
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings::from(folder.path());
    measure("SQLite", settings, rows).await;
    drop(folder);
    let Some(server) = arguments.into_iter().find(|argument| argument.starts_with("postgres")) else {
        println!("\nNot measured on PostgreSQL: no argument names a server.");
        return;
    };
    let name = format!("closecast_bench_{}", uuid::Uuid::now_v7().simple());
    let admin = Database::connect(&server).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (base, _database) = server.rsplit_once('/').unwrap();
    let address = DatabaseAddress::parse(&format!("{base}/{name}")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings { database: Some(address), ..StoreSettings::from(folder.path()) };
    // In a separate task, so that the database is dropped even when a measurement panics.
    let measured = tokio::spawn(async move { measure("PostgreSQL", settings, rows).await }).await;
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    measured.unwrap();
}

async fn measure(database: &str, settings: StoreSettings, rows: i64) {
    let begun = Instant::now();
    let address = settings.database();
    let store = Store::open(settings).await.unwrap();
    fill::fill(&address, rows).await;
    println!("\n{database}: {rows} forecasts made in {:.0} s", begun.elapsed().as_secs_f64());
    let queries = queries(rows);
    println!("{:<38} {:>9} {:>9} {:>9} {:>6}", "ms", "first", "median", "p99", "rows");
    for query in &queries {
        let (times, found) = measure_query(&store, query).await;
        let (first, mut times) = (times[0], times[1..].to_vec());
        times.sort();
        let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1e3);
        let p99 = times[(times.len() * 99).div_ceil(100) - 1];
        let median = times[times.len() / 2];
        println!("{:<38} {:>9} {:>9} {:>9} {found:>6}", query.name, ms(first), ms(median), ms(p99));
    }
    for query in &queries {
        println!("\n{}", query.name);
        for line in query.plan(&store).await {
            println!("    {line}");
        }
    }
    store.close().await.unwrap();
}

/// Returns the duration of each query, and the number of forecasts of the last one.
async fn measure_query(store: &Store, query: &HistoryQuery) -> (Vec<Duration>, usize) {
    let mut times = Vec::new();
    let mut found = 0;
    for round in 0..=REPETITIONS {
        let begun = Instant::now();
        found = query.run(store, round).await;
        times.push(begun.elapsed());
    }
    (times, found)
}
