//! The whole interface in tables: what clients of the earlier systems and ours send to every route and read out of its answer, and
//! an error of every class. Other tests go deeper into each route; this one sees that none is missing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![cfg(unix)]

#[path = "program/client.rs"]
mod client;
#[path = "program/command.rs"]
mod command;
#[path = "program/server.rs"]
mod server;

#[path = "contract/description.rs"]
mod description;
#[path = "contract/errors.rs"]
mod errors;
#[path = "contract/h2c.rs"]
mod h2c;
#[path = "contract/place.rs"]
mod place;
#[path = "contract/routes.rs"]
mod routes;
#[path = "contract/row.rs"]
mod row;
#[path = "contract/shape.rs"]
mod shape;
