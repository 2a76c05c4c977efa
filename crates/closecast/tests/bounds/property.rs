//! The property: no sequence of actions makes the server take more than the bounds.

use std::{fs, path::Path, time::Duration};

use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    action::sequences,
    command::{command, write_csv},
    connection::Callers,
    routes,
    server::Server,
    table::{Scope, bounds},
    usage::Watch,
};

/// Sequences that each server meets, one after the other: what the first leaves behind counts in the last.
const SEQUENCES: usize = 2;

/// Longest pause of the server before what it has to write down is on the disk.
const WRITTEN: Duration = Duration::from_millis(1500);

/// The callers have addresses of their own, as a proxy before the server tells them: this machine's own are not limited.
const SETTINGS: &str = "[server]\ntrusted_proxies = [\"127.0.0.1\"]";

#[test]
fn one_caller_without_a_key_stays_within_the_bounds_of_a_caller() {
    stays_within(Scope::Caller, 1);
}

#[test]
fn several_callers_without_a_key_stay_within_the_bounds_of_all() {
    stays_within(Scope::All, 16);
}

fn stays_within(scope: Scope, callers: usize) {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/SECURITY.md");
    let bounds = bounds(&fs::read_to_string(document).unwrap(), scope);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("closecast.toml"), SETTINGS).unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 450);
    for arguments in [&["import", "AAPL.csv"][..], &["keys", "create", "ana"]] {
        let done = command(folder.path()).args(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }
    let server = Server::start(folder.path());
    let routes = routes::all(&server);
    assert_eq!(server.ask("GET", "/api/symbols").0, 401, "the server is one with keys");

    // Always the same sequences, which are not made smaller: a server that has met one is not the same for the next.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng);
    let strategy = sequences(callers, 60..100);
    let watch = Watch::begin(server.process.id(), folder.path().join("data"));
    for _ in 0..SEQUENCES {
        let sequence = strategy.new_tree(&mut runner).unwrap().current();
        let mut callers = Callers { server: &server, routes: &routes, open: Vec::new() };
        for (caller, action) in &sequence {
            callers.act(*caller, action);
        }
        assert_eq!(server.ask("GET", "/livez").0, 200, "others are answered meanwhile");
    }
    std::thread::sleep(WRITTEN);
    let taken = watch.end().unwrap_or_else(|| panic!("the server has ended"));
    let beyond = taken.beyond(bounds);
    assert!(beyond.is_empty(), "{scope:?}: {}, of {taken:?}", beyond.join("; "));
}
