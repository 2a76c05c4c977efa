//! The forecast of one session.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "forecasts")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) symbol: String,
    pub(crate) model_name: String,
    pub(crate) model_sha256: String,
    pub(crate) as_of: Date,
    pub(crate) target_date: Date,
    pub(crate) step: i64,
    pub(crate) last_close: f64,
    pub(crate) point: f64,
    #[sea_orm(column_type = "Text")]
    pub(crate) quantiles: String,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) realised_close: Option<f64>,
    pub(crate) settled_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
