//! The routes, one file a resource.

pub(super) mod alerts;
pub(super) mod b3;
pub(super) mod batch;
pub(super) mod health;
pub(super) mod inference;
pub(super) mod jobs;
pub(super) mod keys;
pub(super) mod live;
pub(super) mod ml_health;
pub(super) mod models;
pub(super) mod monitoring;
pub(super) mod predict;
pub(super) mod prediction_history;
pub(super) mod predictions;
pub(super) mod retrain;
pub(super) mod runs;
pub(super) mod stocks;
pub(super) mod symbols;
pub(super) mod train;
