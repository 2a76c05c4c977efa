//! How long a page of past forecasts takes when there are millions of them.
//!
//! ```text
//! cargo bench -p closecast-store --bench history                   1,000,000 forecasts
//! cargo bench -p closecast-store --bench history -- 10000000       ten million: 15 GB of disk, some minutes
//! cargo bench -p closecast-store --bench history -- postgres://user:password@host/postgres     on PostgreSQL too
//! ```
//! SQLite in the folder for temporary files, and a database of its own on the PostgreSQL server. Each question is asked 50 times of
//! different symbols, through the store as the API asks it, after a first time with cold caches. A median above 10 ms means that an
//! index no longer fits its question: the plan below the figures says which.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(clippy::print_stdout, reason = "its figures are what a benchmark prints")]

#[path = "history/fill.rs"]
mod fill;
#[path = "history/questions.rs"]
mod questions;

use std::time::{Duration, Instant};

use closecast_store::{DatabaseAddress, Store, StoreSettings};
use sea_orm::{ConnectionTrait, Database};

use crate::questions::{ASKED, Question, questions};

const ROWS: i64 = 1_000_000;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test` runs benchmarks without it, and asks for no measurement.
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
    // In a task of its own, so that the database goes even when a measurement panics.
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
    let questions = questions(rows);
    println!("{:<38} {:>9} {:>9} {:>9} {:>6}", "ms", "first", "median", "p99", "rows");
    for question in &questions {
        let (times, found) = ask(&store, question).await;
        let (first, mut times) = (times[0], times[1..].to_vec());
        times.sort();
        let ms = |time: Duration| format!("{:.2}", time.as_secs_f64() * 1e3);
        let p99 = times[(times.len() * 99).div_ceil(100) - 1];
        let median = times[times.len() / 2];
        println!("{:<38} {:>9} {:>9} {:>9} {found:>6}", question.name, ms(first), ms(median), ms(p99));
    }
    for question in &questions {
        println!("\n{}", question.name);
        for line in question.plan(&store).await {
            println!("    {line}");
        }
    }
    store.close().await.unwrap();
}

/// Returns how long each answer took, and how many forecasts the last one had.
async fn ask(store: &Store, question: &Question) -> (Vec<Duration>, usize) {
    let mut times = Vec::new();
    let mut found = 0;
    for round in 0..=ASKED {
        let begun = Instant::now();
        found = question.ask(store, round).await;
        times.push(begun.elapsed());
    }
    (times, found)
}
