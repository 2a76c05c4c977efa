//! Metadata of the bars of a symbol.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "series")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) symbol: String,
    pub(crate) basis: String,
    pub(crate) currency: Option<String>,
    pub(crate) source: String,
    pub(crate) stored_at: DateTimeUtc,
    pub(crate) first_date: Date,
    pub(crate) last_date: Date,
    pub(crate) row_count: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
