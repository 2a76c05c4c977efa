//! What is to happen when things go wrong, over the real program: disks fill up, folders cannot be written, artifacts are cut
//! short, databases are locked or gone, and programs are killed. After each, nothing that was there before is lost.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
// Namespaces.
#![cfg(target_os = "linux")]

#[path = "rehearsals/artifacts.rs"]
mod artifacts;
#[path = "program/command.rs"]
mod command;
#[path = "rehearsals/database.rs"]
mod database;
#[path = "rehearsals/disk.rs"]
mod disk;
#[path = "rehearsals/doctor.rs"]
mod doctor;
#[path = "rehearsals/kill.rs"]
mod kill;
#[path = "rehearsals/memory.rs"]
mod memory;
#[path = "rehearsals/migration.rs"]
mod migration;
#[path = "rehearsals/mounts.rs"]
mod mounts;
#[path = "rehearsals/namespace.rs"]
mod namespace;
#[path = "rehearsals/network.rs"]
mod network;
#[path = "rehearsals/permissions.rs"]
mod permissions;
#[path = "rehearsals/postgres.rs"]
mod postgres;
#[path = "program/server.rs"]
#[expect(dead_code, reason = "other tests ask it in another way")]
mod server;
#[path = "rehearsals/shutdown.rs"]
mod shutdown;
#[path = "rehearsals/site.rs"]
mod site;
