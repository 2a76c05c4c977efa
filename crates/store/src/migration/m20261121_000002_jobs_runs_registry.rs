//! Jobs, runs, roles in the registry, alerts, keys, and realised closes of forecasts.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum ModelVersions {
    Table,
    RunId,
}

#[derive(DeriveIden)]
enum Forecasts {
    Table,
    RealisedClose,
    SettledAt,
}

#[derive(DeriveIden)]
enum ModelAliases {
    Table,
    Name,
    Alias,
    Version,
    SetAt,
}

#[derive(DeriveIden)]
enum RegistryEvents {
    Table,
    Id,
    Name,
    Action,
    Version,
    Previous,
    Forced,
    Evidence,
    Actor,
    At,
}

#[derive(DeriveIden)]
enum Jobs {
    Table,
    Id,
    Kind,
    Payload,
    State,
    Priority,
    DedupKey,
    Attempt,
    MaxAttempts,
    RunAt,
    Worker,
    Lease,
    Beat,
    Progress,
    CancelRequested,
    Result,
    Error,
    RequestedBy,
    CreatedAt,
    StartedAt,
    EndedAt,
}

#[derive(DeriveIden)]
enum ScheduleFirings {
    Table,
    Schedule,
    DueAt,
    JobId,
}

#[derive(DeriveIden)]
enum Runs {
    Table,
    Id,
    Name,
    Symbol,
    Kind,
    State,
    Parameters,
    Metrics,
    System,
    DataFingerprint,
    CodeVersion,
    JobId,
    ModelVersion,
    Error,
    StartedAt,
    EndedAt,
}

#[derive(DeriveIden)]
enum RunMetrics {
    Table,
    RunId,
    Key,
    Step,
    Value,
}

#[derive(DeriveIden)]
enum TrainingLogs {
    Table,
    Id,
    RunId,
    At,
    Level,
    Message,
}

#[derive(DeriveIden)]
enum Alerts {
    Table,
    Id,
    Kind,
    Severity,
    Subject,
    Message,
    Recommendation,
    Value,
    Threshold,
    RaisedAt,
    ResolvedAt,
}

#[derive(DeriveIden)]
enum Keys {
    Table,
    Id,
    Name,
    Role,
    Hash,
    CreatedAt,
    LastUsedAt,
    RevokedAt,
}

/// Indices with a condition or a direction, in the SQL that SQLite and PostgreSQL share.
const INDICES: [&str; 13] = [
    // Newest first, of everything, of a symbol, of a model and of both; the id makes the order total, so that pages neither repeat nor skip.
    "CREATE INDEX IF NOT EXISTS forecasts_created ON forecasts (created_at, id)",
    "CREATE INDEX IF NOT EXISTS forecasts_symbol_created ON forecasts (symbol, created_at, id)",
    "CREATE INDEX IF NOT EXISTS forecasts_model_created ON forecasts (model_name, created_at, id)",
    "CREATE INDEX IF NOT EXISTS forecasts_symbol_model_created ON forecasts (symbol, model_name, created_at, id)",
    // Unsettled forecasts: few rows among millions.
    "CREATE INDEX IF NOT EXISTS forecasts_unsettled ON forecasts (symbol, target_date) WHERE realised_close IS NULL AND settled_at IS NULL",
    "CREATE INDEX IF NOT EXISTS registry_events_name ON registry_events (name, id)",
    // One unfinished job per deduplication key.
    "CREATE UNIQUE INDEX IF NOT EXISTS jobs_dedup ON jobs (dedup_key) WHERE state IN ('queued', 'running')",
    "CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs (priority DESC, run_at, id) WHERE state = 'queued'",
    "CREATE INDEX IF NOT EXISTS jobs_running ON jobs (id) WHERE state = 'running'",
    "CREATE INDEX IF NOT EXISTS runs_name ON runs (name, id)",
    // The runs of a job.
    "CREATE INDEX IF NOT EXISTS runs_job ON runs (job_id)",
    "CREATE INDEX IF NOT EXISTS training_logs_run ON training_logs (run_id, id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS alerts_open ON alerts (kind, subject) WHERE resolved_at IS NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            if !manager.has_column(table.to_string(), column.get_column_name()).await? {
                manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
            }
        }
        for table in tables() {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in INDICES {
            connection.execute_unprepared(index).await?;
        }
        // Until now the newest version of a name was the one in service. Part of this step may have been done before a version of the
        // program that does not know roles published another one; the registry has events of names whose role was given since.
        connection
            .execute_unprepared(
                "INSERT INTO model_aliases (name, alias, version, set_at) \
                 SELECT name, 'champion', MAX(version), MAX(created_at) FROM model_versions \
                 WHERE name NOT IN (SELECT name FROM registry_events) GROUP BY name \
                 ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version, set_at = excluded.set_at",
            )
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for index in [
            "forecasts_created",
            "forecasts_symbol_created",
            "forecasts_model_created",
            "forecasts_symbol_model_created",
            "forecasts_unsettled",
        ] {
            connection.execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        for table in tables() {
            let name = table.get_table_name().cloned();
            if let Some(name) = name {
                manager.drop_table(Table::drop().table(name).to_owned()).await?;
            }
        }
        let drop = |table: TableAlterStatement| manager.alter_table(table);
        drop(Table::alter().table(ModelVersions::Table).drop_column(ModelVersions::RunId).to_owned()).await?;
        drop(Table::alter().table(Forecasts::Table).drop_column(Forecasts::RealisedClose).to_owned()).await?;
        drop(Table::alter().table(Forecasts::Table).drop_column(Forecasts::SettledAt).to_owned()).await
    }
}

/// Columns that are added to tables of the step before. SQLite adds one a statement.
fn columns() -> [(DynIden, ColumnDef); 3] {
    [
        (ModelVersions::Table.into_iden(), string_null(ModelVersions::RunId)),
        (Forecasts::Table.into_iden(), double_null(Forecasts::RealisedClose)),
        (Forecasts::Table.into_iden(), timestamp_with_time_zone_null(Forecasts::SettledAt)),
    ]
}

fn tables() -> [TableCreateStatement; 9] {
    [aliases(), registry_events(), jobs(), schedule_firings(), runs(), run_metrics(), training_logs(), alerts(), keys()]
}

fn aliases() -> TableCreateStatement {
    Table::create()
        .table(ModelAliases::Table)
        .if_not_exists()
        .col(string(ModelAliases::Name))
        .col(string(ModelAliases::Alias))
        .col(big_integer(ModelAliases::Version))
        .col(timestamp_with_time_zone(ModelAliases::SetAt))
        .primary_key(Index::create().col(ModelAliases::Name).col(ModelAliases::Alias))
        .to_owned()
}

fn registry_events() -> TableCreateStatement {
    Table::create()
        .table(RegistryEvents::Table)
        .if_not_exists()
        .col(big_integer(RegistryEvents::Id).primary_key().auto_increment())
        .col(string(RegistryEvents::Name))
        .col(string(RegistryEvents::Action))
        .col(big_integer(RegistryEvents::Version))
        .col(big_integer_null(RegistryEvents::Previous))
        .col(boolean(RegistryEvents::Forced))
        .col(text_null(RegistryEvents::Evidence))
        .col(string_null(RegistryEvents::Actor))
        .col(timestamp_with_time_zone(RegistryEvents::At))
        .to_owned()
}

fn jobs() -> TableCreateStatement {
    Table::create()
        .table(Jobs::Table)
        .if_not_exists()
        .col(string(Jobs::Id).primary_key())
        .col(string(Jobs::Kind))
        .col(text(Jobs::Payload))
        .col(string(Jobs::State))
        .col(big_integer(Jobs::Priority))
        .col(string_null(Jobs::DedupKey))
        .col(big_integer(Jobs::Attempt))
        .col(big_integer(Jobs::MaxAttempts))
        .col(timestamp_with_time_zone(Jobs::RunAt))
        .col(string_null(Jobs::Worker))
        .col(string_null(Jobs::Lease))
        .col(big_integer(Jobs::Beat))
        .col(text_null(Jobs::Progress))
        .col(boolean(Jobs::CancelRequested))
        .col(text_null(Jobs::Result))
        .col(text_null(Jobs::Error))
        .col(string_null(Jobs::RequestedBy))
        .col(timestamp_with_time_zone(Jobs::CreatedAt))
        .col(timestamp_with_time_zone_null(Jobs::StartedAt))
        .col(timestamp_with_time_zone_null(Jobs::EndedAt))
        .to_owned()
}

fn schedule_firings() -> TableCreateStatement {
    Table::create()
        .table(ScheduleFirings::Table)
        .if_not_exists()
        .col(string(ScheduleFirings::Schedule))
        .col(timestamp_with_time_zone(ScheduleFirings::DueAt))
        .col(string(ScheduleFirings::JobId))
        .primary_key(Index::create().col(ScheduleFirings::Schedule).col(ScheduleFirings::DueAt))
        .to_owned()
}

fn runs() -> TableCreateStatement {
    Table::create()
        .table(Runs::Table)
        .if_not_exists()
        .col(string(Runs::Id).primary_key())
        .col(string(Runs::Name))
        .col(string_null(Runs::Symbol))
        .col(string(Runs::Kind))
        .col(string(Runs::State))
        .col(text(Runs::Parameters))
        .col(text(Runs::Metrics))
        .col(text(Runs::System))
        .col(string_null(Runs::DataFingerprint))
        .col(string(Runs::CodeVersion))
        .col(string_null(Runs::JobId))
        .col(big_integer_null(Runs::ModelVersion))
        .col(text_null(Runs::Error))
        .col(timestamp_with_time_zone(Runs::StartedAt))
        .col(timestamp_with_time_zone_null(Runs::EndedAt))
        .to_owned()
}

fn run_metrics() -> TableCreateStatement {
    Table::create()
        .table(RunMetrics::Table)
        .if_not_exists()
        .col(string(RunMetrics::RunId))
        .col(string(RunMetrics::Key))
        .col(big_integer(RunMetrics::Step))
        .col(double(RunMetrics::Value))
        .primary_key(Index::create().col(RunMetrics::RunId).col(RunMetrics::Key).col(RunMetrics::Step))
        .to_owned()
}

fn training_logs() -> TableCreateStatement {
    Table::create()
        .table(TrainingLogs::Table)
        .if_not_exists()
        .col(big_integer(TrainingLogs::Id).primary_key().auto_increment())
        .col(string(TrainingLogs::RunId))
        .col(timestamp_with_time_zone(TrainingLogs::At))
        .col(string(TrainingLogs::Level))
        .col(text(TrainingLogs::Message))
        .to_owned()
}

fn alerts() -> TableCreateStatement {
    Table::create()
        .table(Alerts::Table)
        .if_not_exists()
        .col(big_integer(Alerts::Id).primary_key().auto_increment())
        .col(string(Alerts::Kind))
        .col(string(Alerts::Severity))
        .col(string(Alerts::Subject))
        .col(text(Alerts::Message))
        .col(text(Alerts::Recommendation))
        .col(double_null(Alerts::Value))
        .col(double_null(Alerts::Threshold))
        .col(timestamp_with_time_zone(Alerts::RaisedAt))
        .col(timestamp_with_time_zone_null(Alerts::ResolvedAt))
        .to_owned()
}

fn keys() -> TableCreateStatement {
    Table::create()
        .table(Keys::Table)
        .if_not_exists()
        .col(string(Keys::Id).primary_key())
        .col(string(Keys::Name))
        .col(string(Keys::Role))
        .col(string(Keys::Hash).unique_key())
        .col(timestamp_with_time_zone(Keys::CreatedAt))
        .col(timestamp_with_time_zone_null(Keys::LastUsedAt))
        .col(timestamp_with_time_zone_null(Keys::RevokedAt))
        .to_owned()
}
