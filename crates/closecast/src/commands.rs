//! The commands, one file each: arguments in, use case called, result shown.

pub(crate) mod backtest;
pub(crate) mod backup;
pub(crate) mod bench;
pub(crate) mod check_data;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod fetch;
pub(crate) mod import;
mod interrupt;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod migrate;
pub(crate) mod models;
pub(crate) mod predict;
pub(crate) mod quickstart;
mod render;
pub(crate) mod restore;
pub(crate) mod runs;
pub(crate) mod serve;
mod services;
pub(crate) mod train;
pub(crate) mod tune;
pub(crate) mod worker;
