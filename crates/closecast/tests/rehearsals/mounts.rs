//! Tests that mount file systems: in a mount namespace of their own.

use std::{path::Path, process::Command};

use crate::namespace;

/// Runs the test `name` of this program once more, in a mount namespace of its own, and fails when it fails. Where no such namespace
/// can be had, it says so.
pub(crate) fn run_with_own_mounts(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let attempt = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder.path().to_str().unwrap()];
    namespace::run_inside(name, ("a mount namespace", "-m"), &attempt);
}

/// Returns whether this process has been given a mount namespace of its own.
pub(crate) fn has_own_mounts() -> bool {
    namespace::is_inside()
}

/// Mounts, or changes a mount.
pub(crate) fn mount(arguments: &[&str], target: &Path) {
    let output = Command::new("mount").args(arguments).arg(target).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
