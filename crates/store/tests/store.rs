//! The store over real databases: every test runs on SQLite, and on PostgreSQL where `CLOSECAST_TEST_POSTGRES` names a server.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "store/alerts.rs"]
mod alerts;
#[path = "store/audit.rs"]
mod audit;
#[path = "store/backup.rs"]
mod backup;
#[path = "store/bars.rs"]
mod bars;
#[path = "store/events.rs"]
mod events;
#[path = "store/folder.rs"]
mod folder;
#[path = "store/forecasts.rs"]
mod forecasts;
#[path = "store/jobs.rs"]
mod jobs;
#[path = "store/keys.rs"]
mod keys;
#[path = "store/models.rs"]
mod models;
#[path = "store/place.rs"]
mod place;
#[path = "store/readiness.rs"]
mod readiness;
#[path = "store/registry.rs"]
mod registry;
#[path = "store/runs.rs"]
mod runs;
#[path = "store/samples.rs"]
mod samples;
