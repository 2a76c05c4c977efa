//! The Yahoo client against a local server that responds in Yahoo's formats.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod bodies;
mod network;
mod server;
mod sessions;
