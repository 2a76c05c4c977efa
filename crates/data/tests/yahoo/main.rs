//! The Yahoo client against a server on this machine that answers in Yahoo's formats.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod bodies;
mod network;
mod server;
mod sessions;
