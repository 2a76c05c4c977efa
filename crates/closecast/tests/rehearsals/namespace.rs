//! Tests that run in a namespace of their own, isolated from the system, and leave nothing behind.

use std::process::{Command, Stdio};

/// Ways into a namespace: as root, as a user who may be root in one of their own, as one who may become root.
const WAYS: [&[&str]; 3] = [&["unshare"], &["unshare", "-r"], &["sudo", "-n", "unshare"]];

/// Tells this program that it is in a namespace of its own: the name of a test that there is not, which is left out.
const WITHIN: &str = "within a namespace of its own";

/// Runs the test `name` of this program once more, in a namespace of its own of the kind that `option` of `unshare` names, and fails
/// when it fails. Where no such namespace can be had in which the command `attempt` succeeds, it says that the test needs `what`.
pub(crate) fn run_inside(name: &str, (what, option): (&str, &str), attempt: &[&str]) {
    let command = |way: &&[&str]| {
        let mut command = Command::new(way[0]);
        command.args(&way[1..]).arg(option);
        command
    };
    let works = |way: &&&[&str]| {
        let mut attempted = command(way);
        attempted.args(attempt).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        attempted.status().is_ok_and(|ended| ended.success())
    };
    let Some(way) = WAYS.iter().find(works) else {
        return closecast_testkit::services::missing(&format!("{name} needs {what} of its own"));
    };
    let this = std::env::current_exe().unwrap();
    let output = command(way).arg(this).args(["--exact", name, "--nocapture", "--skip", WITHIN]).output().unwrap();
    let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

/// Returns whether this process has been given a namespace of its own.
pub(crate) fn is_inside() -> bool {
    std::env::args().any(|argument| argument == WITHIN)
}
