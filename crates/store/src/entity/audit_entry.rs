//! An entry of the audit log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) at: DateTimeUtc,
    pub(crate) key_id: Option<String>,
    pub(crate) key_name: Option<String>,
    pub(crate) address: String,
    pub(crate) request_id: String,
    pub(crate) action: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) target: String,
    pub(crate) status: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
