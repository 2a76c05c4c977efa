//! The shapes of JSON answers: what the API sends and what `--json` prints. Neither domain types nor rows.

pub(crate) mod alert;
pub(crate) mod backtest;
pub(crate) mod figures;
pub(crate) mod forecast;
pub(crate) mod job;
pub(crate) mod ml_health;
pub(crate) mod monitoring;
pub(crate) mod run;
pub(crate) mod tune;
