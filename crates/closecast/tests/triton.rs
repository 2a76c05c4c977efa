//! The Open Inference Protocol as NVIDIA's own client speaks it. It runs where `CLOSECAST_TEST_TRITON` names a Python that has
//! `tritonclient[http]`, as in `.ci/run`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]
#![cfg(unix)]

#[path = "program/command.rs"]
mod command;
#[path = "program/server.rs"]
mod server;

use std::process::Command;

use command::{command, write_csv};
use server::Server;

#[test]
fn tritonclient_is_answered() {
    let Some(python) = closecast_testkit::services::address("CLOSECAST_TEST_TRITON") else { return };
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 200);
    assert!(command(folder.path()).args(["import", "AAPL.csv"]).output().unwrap().status.success());
    let server = Server::start(folder.path());
    assert_eq!(server.ask("GET", "/v2/health/ready").0, 200);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/triton_client.py");
    let address = server.connect().peer_addr().unwrap().to_string();
    let told = Command::new(python).args([script, &address]).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
}
