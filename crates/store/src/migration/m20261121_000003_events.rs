//! Events for clients.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Events {
    Table,
    Id,
    Topic,
    Symbol,
    Payload,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Sequence numbers are never reused, even after deletions: on SQLite this requires AUTOINCREMENT.
        let table = Table::create()
            .table(Events::Table)
            .if_not_exists()
            .col(big_integer(Events::Id).primary_key().auto_increment())
            .col(string(Events::Topic))
            .col(string_null(Events::Symbol))
            .col(text(Events::Payload))
            .col(timestamp_with_time_zone(Events::CreatedAt))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Events::Table).to_owned()).await
    }
}
