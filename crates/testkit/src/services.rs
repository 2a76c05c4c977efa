//! Addresses of servers that tests need, and how tests are skipped without them.

use std::io::Write as _;

/// If set, a test without its server fails instead of being skipped.
const REQUIRED: &str = "CLOSECAST_TEST_REQUIRE";

/// Returns the address in the environment variable `variable`, such as `CLOSECAST_TEST_S3`. If it is not set, the test cannot
/// run, which is reported as by [`missing`].
///
/// # Panics
/// If it is not set although `CLOSECAST_TEST_REQUIRE` is, as in `.ci/run`.
#[must_use]
pub fn address(variable: &str) -> Option<String> {
    let given = read(variable);
    if given.is_none() {
        missing(&format!("{variable} gives no server to test against"));
    }
    given
}

/// Reports on standard error, even if output is captured, that a test cannot run because of `what`, such as a missing program.
///
/// # Panics
/// If `CLOSECAST_TEST_REQUIRE` is set, as in `.ci/run`.
pub fn missing(what: &str) {
    assert!(read(REQUIRED).is_none(), "{what}, and {REQUIRED} is set");
    // Not `eprintln`: cargo shows its output for failed tests only.
    let _ = writeln!(std::io::stderr(), "\nNOT TESTED: {what}\n");
}

#[expect(
    clippy::disallowed_methods,
    reason = "where a server runs is configured by the environment that runs the tests"
)]
fn read(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}
