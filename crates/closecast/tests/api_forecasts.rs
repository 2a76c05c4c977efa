//! The forecasting half of the interface, as its clients meet it: good and bad bodies, statuses and shapes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![cfg(unix)]

#[path = "program/client.rs"]
mod client;
#[path = "program/command.rs"]
mod command;
#[path = "program/problem.rs"]
mod problem;
#[path = "program/server.rs"]
mod server;

#[path = "api_forecasts/b3.rs"]
mod b3;
#[path = "api_forecasts/bounds.rs"]
mod bounds;
#[path = "api_forecasts/files.rs"]
mod files;
#[path = "api_forecasts/history.rs"]
mod history;
#[path = "api_forecasts/inference.rs"]
mod inference;
#[path = "api_forecasts/usual.rs"]
mod usual;
#[path = "api_forecasts/windows.rs"]
mod windows;
