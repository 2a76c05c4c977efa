//! Servers and workers on several machines, over one PostgreSQL and one S3 server: real ones, which the tests kill.
//!
//! They need the programs of a PostgreSQL server, from which they make a database of their own, and an S3 server at
//! `CLOSECAST_TEST_S3` that takes any key, such as moto's. Without these, they say so and pass.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![expect(clippy::print_stdout, reason = "what programs logged is shown with the failure")]
#![cfg(unix)]

#[path = "fleet/client.rs"]
mod client;
#[path = "program/command.rs"]
mod command;
#[path = "fleet/cut.rs"]
mod cut;
#[path = "fleet/first_start.rs"]
mod first_start;
#[path = "fleet/forecasts.rs"]
mod forecasts;
#[path = "fleet/machines.rs"]
mod machines;
#[path = "fleet/postgres.rs"]
mod postgres;
#[path = "fleet/rehearsal.rs"]
mod rehearsal;
#[path = "fleet/schedules.rs"]
mod schedules;
#[path = "fleet/shutdown.rs"]
mod shutdown;
