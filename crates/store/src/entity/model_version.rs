//! A published version of a model.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "model_versions")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) version: i64,
    pub(crate) symbol: String,
    pub(crate) sha256: String,
    pub(crate) size_bytes: i64,
    #[sea_orm(column_type = "Text")]
    pub(crate) card: String,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) run_id: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
