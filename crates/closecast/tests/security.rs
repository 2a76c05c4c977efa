//! Who may do what, over a real socket: a test for each rule that docs/SECURITY.md promises.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![cfg(unix)]

#[path = "program/command.rs"]
mod command;
#[path = "program/server.rs"]
mod server;

#[path = "security/client.rs"]
mod client;
#[path = "security/keys.rs"]
mod keys;
#[path = "security/limits.rs"]
mod limits;
#[path = "security/network.rs"]
mod network;
#[path = "security/pages.rs"]
mod pages;
