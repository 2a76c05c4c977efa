//! The routes, one file a resource.

pub(super) mod health;
pub(super) mod jobs;
pub(super) mod keys;
pub(super) mod live;
pub(super) mod predictions;
pub(super) mod stocks;
pub(super) mod symbols;
pub(super) mod train;
