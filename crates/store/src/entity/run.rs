//! A training, tuning or backtest run.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) symbol: Option<String>,
    pub(crate) kind: String,
    pub(crate) state: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) parameters: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) metrics: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) system: String,
    pub(crate) data_fingerprint: Option<String>,
    pub(crate) code_version: String,
    pub(crate) job_id: Option<String>,
    pub(crate) model_version: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) error: Option<String>,
    pub(crate) started_at: DateTimeUtc,
    pub(crate) ended_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
