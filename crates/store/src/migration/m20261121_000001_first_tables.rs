//! Bars, models and forecasts.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Series {
    Table,
    Symbol,
    Basis,
    Currency,
    Source,
    StoredAt,
    FirstDate,
    LastDate,
    RowCount,
}

#[derive(DeriveIden)]
enum Bars {
    Table,
    Symbol,
    Position,
    Date,
    Open,
    High,
    Low,
    Close,
    AdjClose,
    Volume,
    Dividend,
    Split,
    Live,
}

#[derive(DeriveIden)]
enum ModelVersions {
    Table,
    Id,
    Name,
    Version,
    Symbol,
    Sha256,
    SizeBytes,
    Card,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Forecasts {
    Table,
    Id,
    Symbol,
    ModelName,
    ModelSha256,
    AsOf,
    TargetDate,
    Step,
    LastClose,
    Point,
    Quantiles,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(series()).await?;
        manager.create_table(bars()).await?;
        manager.create_table(model_versions()).await?;
        manager.create_table(forecasts()).await?;
        for index in indices() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Forecasts::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(ModelVersions::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Bars::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Series::Table).to_owned()).await
    }
}

fn series() -> TableCreateStatement {
    Table::create()
        .table(Series::Table)
        .if_not_exists()
        .col(string(Series::Symbol).primary_key())
        .col(string(Series::Basis))
        .col(string_null(Series::Currency))
        .col(string(Series::Source))
        .col(timestamp_with_time_zone(Series::StoredAt))
        .col(date(Series::FirstDate))
        .col(date(Series::LastDate))
        .col(big_integer(Series::RowCount))
        .to_owned()
}

/// The key is the position in the delivery and not the date: duplicates and disorder are kept, so that the quality
/// report of a stored series says the same as the one at import.
fn bars() -> TableCreateStatement {
    Table::create()
        .table(Bars::Table)
        .if_not_exists()
        .col(string(Bars::Symbol))
        .col(big_integer(Bars::Position))
        .col(date(Bars::Date))
        .col(double_null(Bars::Open))
        .col(double_null(Bars::High))
        .col(double_null(Bars::Low))
        .col(double_null(Bars::Close))
        .col(double_null(Bars::AdjClose))
        .col(double_null(Bars::Volume))
        .col(double(Bars::Dividend))
        .col(double(Bars::Split))
        .col(boolean(Bars::Live))
        .primary_key(Index::create().col(Bars::Symbol).col(Bars::Position))
        .to_owned()
}

fn model_versions() -> TableCreateStatement {
    Table::create()
        .table(ModelVersions::Table)
        .if_not_exists()
        .col(big_integer(ModelVersions::Id).primary_key().auto_increment())
        .col(string(ModelVersions::Name))
        .col(big_integer(ModelVersions::Version))
        .col(string(ModelVersions::Symbol))
        .col(string(ModelVersions::Sha256))
        .col(big_integer(ModelVersions::SizeBytes))
        .col(text(ModelVersions::Card))
        .col(timestamp_with_time_zone(ModelVersions::CreatedAt))
        .to_owned()
}

fn forecasts() -> TableCreateStatement {
    Table::create()
        .table(Forecasts::Table)
        .if_not_exists()
        .col(big_integer(Forecasts::Id).primary_key().auto_increment())
        .col(string(Forecasts::Symbol))
        .col(string(Forecasts::ModelName))
        .col(string(Forecasts::ModelSha256))
        .col(date(Forecasts::AsOf))
        .col(date(Forecasts::TargetDate))
        .col(big_integer(Forecasts::Step))
        .col(double(Forecasts::LastClose))
        .col(double(Forecasts::Point))
        .col(text(Forecasts::Quantiles))
        .col(timestamp_with_time_zone(Forecasts::CreatedAt))
        .to_owned()
}

fn indices() -> [IndexCreateStatement; 2] {
    [
        // Of two programs that publish the same name at once, one gets the next number; neither overwrites the other.
        Index::create()
            .unique()
            .if_not_exists()
            .name("model_versions_name_version")
            .table(ModelVersions::Table)
            .col(ModelVersions::Name)
            .col(ModelVersions::Version)
            .to_owned(),
        // Repeated forecasts of a model for the same session are one row. Also serves the history of a symbol by date.
        Index::create()
            .unique()
            .if_not_exists()
            .name("forecasts_symbol_target_model")
            .table(Forecasts::Table)
            .col(Forecasts::Symbol)
            .col(Forecasts::TargetDate)
            .col(Forecasts::ModelSha256)
            .col(Forecasts::AsOf)
            .to_owned(),
    ]
}
