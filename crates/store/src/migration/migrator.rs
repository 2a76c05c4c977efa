//! The list of migrations.

use sea_orm_migration::prelude::*;

use super::{
    m20261121_000001_first_tables, m20261121_000002_jobs_runs_registry, m20261121_000003_events, m20261121_000004_audit,
};

/// All migrations, oldest first.
pub(crate) struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_first_tables::Migration),
            Box::new(m20261121_000002_jobs_runs_registry::Migration),
            Box::new(m20261121_000003_events::Migration),
            Box::new(m20261121_000004_audit::Migration),
        ]
    }
}
