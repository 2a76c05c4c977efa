//! What callers without a key can make the server take stays below the bounds of docs/SECURITY.md, whatever they send in whatever order.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![cfg(target_os = "linux")]

#[path = "program/command.rs"]
mod command;
#[path = "program/server.rs"]
mod server;

#[path = "bounds/action.rs"]
mod action;
#[path = "bounds/connection.rs"]
mod connection;
#[path = "bounds/frames.rs"]
mod frames;
#[path = "bounds/property.rs"]
mod property;
#[path = "bounds/routes.rs"]
mod routes;
#[path = "bounds/table.rs"]
mod table;
#[path = "bounds/usage.rs"]
mod usage;
