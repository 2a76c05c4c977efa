//! The audit log.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum AuditLog {
    Table,
    Id,
    At,
    KeyId,
    KeyName,
    Address,
    RequestId,
    Action,
    Target,
    Status,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(AuditLog::Table)
            .if_not_exists()
            .col(big_integer(AuditLog::Id).primary_key().auto_increment())
            .col(timestamp_with_time_zone(AuditLog::At))
            .col(string_null(AuditLog::KeyId))
            .col(string_null(AuditLog::KeyName))
            .col(string(AuditLog::Address))
            .col(string(AuditLog::RequestId))
            .col(string(AuditLog::Action))
            .col(text(AuditLog::Target))
            .col(big_integer(AuditLog::Status))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(AuditLog::Table).to_owned()).await
    }
}
