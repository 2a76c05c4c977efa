//! The routes, one file a resource.

pub(super) mod health;
pub(super) mod jobs;
pub(super) mod models;
pub(super) mod predictions;
pub(super) mod retrain;
pub(super) mod runs;
pub(super) mod stocks;
pub(super) mod symbols;
pub(super) mod train;
