//! Database migrations. A released migration is never edited: a change is a new one.
//!
//! closecast 0.1.0 committed every statement of a migration separately on SQLite, so a killed program could leave part
//! of a migration without a bookkeeping row. Every statement therefore creates only what is missing, and a repeated
//! migration completes it.

mod m20261121_000001_first_tables;
mod m20261121_000002_jobs_runs_registry;
mod m20261121_000003_events;
mod m20261121_000004_audit;

mod apply;
mod copies;
mod migrator;

pub use self::copies::UpgradeCopy;
pub(crate) use self::{
    apply::{migrate, schema},
    copies::upgrade_copies,
    migrator::Migrator,
};
