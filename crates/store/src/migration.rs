//! The schema, step by step. What a step makes is never edited once it has been released: a change is a new step.
//!
//! closecast 0.1.0 committed every statement of a step by itself on SQLite, so that a program killed in between left part of a step and
//! no row that says so. Every statement therefore looks first whether what it makes is there: run again, a step makes what is missing.

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
