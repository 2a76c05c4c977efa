//! A background job.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) kind: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) payload: String,
    pub(crate) state: String,
    pub(crate) priority: i64,
    pub(crate) dedup_key: Option<String>,
    pub(crate) attempt: i64,
    pub(crate) max_attempts: i64,
    pub(crate) run_at: DateTimeUtc,
    pub(crate) worker: Option<String>,
    pub(crate) lease: Option<String>,
    pub(crate) beat: i64,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) progress: Option<String>,
    pub(crate) cancel_requested: bool,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) result: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) error: Option<String>,
    pub(crate) requested_by: Option<String>,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) started_at: Option<DateTimeUtc>,
    pub(crate) ended_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
