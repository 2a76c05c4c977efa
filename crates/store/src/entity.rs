//! Rows as the database has them. They never leave this crate.

pub(crate) mod bar;
pub(crate) mod forecast;
pub(crate) mod model_version;
pub(crate) mod series;
