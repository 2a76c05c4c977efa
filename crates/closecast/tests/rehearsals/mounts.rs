//! Tests that mount file systems: in a mount namespace of their own, so that nobody else sees them and nothing is left behind.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Ways into a namespace where one may mount: as root, as a user who may be root in one of their own, as one who may become root.
const WAYS: [&[&str]; 3] = [&["unshare", "-m"], &["unshare", "-rm"], &["sudo", "-n", "unshare", "-m"]];

/// Tells this program that it has mounts of its own: the name of a test that there is not, which is left out.
const WITHIN: &str = "within mounts of its own";

/// Runs the test `name` of this program once more, in a mount namespace of its own, and fails when it fails. Where no such namespace
/// can be had, it says so.
pub(crate) fn run_with_own_mounts(name: &str) {
    let Some(way) = WAYS.iter().find(|way| can_mount(way)) else {
        return closecast_testkit::services::missing(&format!("{name} needs a mount namespace of its own"));
    };
    let this = std::env::current_exe().unwrap();
    let mut inside = Command::new(way[0]);
    inside.args(&way[1..]).arg(this).args(["--exact", name, "--nocapture", "--skip", WITHIN]);
    let output = inside.output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

fn can_mount(way: &[&str]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut attempt = Command::new(way[0]);
    attempt.args(&way[1..]).args(["mount", "-t", "tmpfs", "-o", "size=64k", "none"]).arg(folder.path());
    attempt.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|ended| ended.success())
}

/// Returns whether this process has been given a mount namespace of its own.
pub(crate) fn has_own_mounts() -> bool {
    std::env::args().any(|argument| argument == WITHIN)
}

/// Mounts, or changes a mount.
pub(crate) fn mount(arguments: &[&str], target: &Path) {
    let output = Command::new("mount").args(arguments).arg(target).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
