//! The routes, one file a resource.

pub(super) mod alerts;
pub(super) mod health;
pub(super) mod jobs;
pub(super) mod ml_health;
pub(super) mod monitoring;
pub(super) mod predictions;
pub(super) mod stocks;
pub(super) mod symbols;
pub(super) mod train;
