//! An entry of the registry log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "registry_events")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) action: String,
    pub(crate) version: i64,
    pub(crate) previous: Option<i64>,
    pub(crate) forced: bool,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) evidence: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
