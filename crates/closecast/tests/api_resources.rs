//! The resources of the HTTP interface, as a client meets them: prices, uploads, trainings, models, runs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![cfg(unix)]

#[path = "program/client.rs"]
mod client;
#[path = "program/command.rs"]
mod command;
#[path = "api_resources/models.rs"]
mod models;
#[path = "program/problem.rs"]
mod problem;
#[path = "program/server.rs"]
mod server;
#[path = "api_resources/stocks.rs"]
mod stocks;
#[path = "api_resources/training.rs"]
mod training;
#[path = "api_resources/uploads.rs"]
mod uploads;
#[path = "api_resources/usual.rs"]
mod usual;
