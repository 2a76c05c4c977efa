//! Rows of the database. They never leave this crate.

pub(crate) mod alert;
pub(crate) mod audit_entry;
pub(crate) mod bar;
pub(crate) mod event;
pub(crate) mod forecast;
pub(crate) mod job;
pub(crate) mod key;
pub(crate) mod model_alias;
pub(crate) mod model_version;
pub(crate) mod registry_event;
pub(crate) mod run;
pub(crate) mod run_metric;
pub(crate) mod schedule_firing;
pub(crate) mod series;
pub(crate) mod training_log;
