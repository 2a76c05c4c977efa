//! News over a WebSocket, from the real program.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![cfg(unix)]

#[path = "websocket/client.rs"]
mod client;
#[path = "program/command.rs"]
mod command;
#[path = "websocket/limits.rs"]
mod limits;
#[path = "websocket/replicas.rs"]
mod replicas;
#[path = "websocket/resume.rs"]
mod resume;
#[path = "program/server.rs"]
mod server;
#[path = "websocket/slow.rs"]
mod slow;
#[path = "websocket/work.rs"]
mod work;
