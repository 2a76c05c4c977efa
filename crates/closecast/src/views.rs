//! The shapes of JSON answers: what the API sends and what `--json` prints. Neither domain types nor rows.

pub(crate) mod alert;
pub(crate) mod b3;
pub(crate) mod backtest;
pub(crate) mod batch;
pub(crate) mod event;
pub(crate) mod figures;
pub(crate) mod forecast;
pub(crate) mod import;
pub(crate) mod inference;
pub(crate) mod job;
pub(crate) mod key;
pub(crate) mod ml_health;
pub(crate) mod model;
pub(crate) mod monitoring;
pub(crate) mod past_forecast;
pub(crate) mod predicted;
pub(crate) mod run;
pub(crate) mod stock;
pub(crate) mod tune;
