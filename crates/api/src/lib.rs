#![doc = include_str!("../README.md")]
#![expect(
    missing_docs,
    reason = "a doc comment becomes a description in OpenAPI, which fields that are named like what they hold do not need"
)]

pub mod alert;
pub mod b3;
pub mod backtest;
pub mod batch;
pub mod event;
pub mod figures;
pub mod forecast;
pub mod import;
pub mod inference;
pub mod job;
pub mod key;
pub mod ml_health;
pub mod model;
pub mod monitoring;
pub mod past_forecast;
pub mod predicted;
pub mod result_format;
pub mod run;
pub mod stock;
pub mod tune;
