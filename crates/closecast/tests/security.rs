//! Who may do what, over a real socket: a test for each rule that docs/SECURITY.md promises.

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

#[path = "security/floods.rs"]
mod floods;
#[path = "security/keys.rs"]
mod keys;
#[path = "security/limits.rs"]
mod limits;
#[path = "security/network.rs"]
mod network;
#[path = "security/pages.rs"]
mod pages;
#[path = "security/public_read.rs"]
mod public_read;
#[path = "security/usual.rs"]
mod usual;
