//! Where the server listens.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use crate::{
    command::command,
    usual::{key, place, run},
};

#[test]
fn beyond_this_machine_it_listens_only_with_a_key_or_when_told_so() {
    let folder = place("");
    let refused = run(folder.path(), &["serve", "--host", "0.0.0.0", "--port", "0"]);
    assert_eq!(refused.status.code(), Some(2));
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(text.contains("closecast keys create") && text.contains("--allow-open"), "{text}");
    assert!(starts(folder.path(), &["--allow-open"]));
    key(folder.path(), "ana", "admin");
    assert!(starts(folder.path(), &[]));
}

/// Returns whether a server on all addresses begins to serve.
fn starts(folder: &std::path::Path, more: &[&str]) -> bool {
    let mut process = command(folder)
        .args(["serve", "--host", "0.0.0.0", "--port", "0"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(process.stdout.take().unwrap()), &mut line).unwrap();
    let begun = Instant::now();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    line.contains("Serving on http://0.0.0.0:")
}
