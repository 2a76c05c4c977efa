//! Servers that a test needs and that may not run: where they are, and what to do without.

use std::io::Write as _;

/// Set to anything, it makes a test fail rather than pass unseen where its server is not given.
const REQUIRED: &str = "CLOSECAST_TEST_REQUIRE";

/// Returns the address that the environment variable `variable` gives, such as `CLOSECAST_TEST_S3`. When it gives none, the
/// test cannot run: that is told on standard error, whether or not output is captured.
///
/// # Panics
/// When none is given although `CLOSECAST_TEST_REQUIRE` is set, as in `.ci/run`.
#[must_use]
pub fn address(variable: &str) -> Option<String> {
    let given = read(variable);
    if given.is_none() {
        not_tested(&format!("{variable} gives no server to test against"));
    }
    given
}

/// Tells on standard error, whether or not output is captured, that a test cannot run for the reason `why`.
///
/// # Panics
/// When `CLOSECAST_TEST_REQUIRE` is set, as in `.ci/run`.
pub fn not_tested(why: &str) {
    assert!(read(REQUIRED).is_none(), "{why}, and {REQUIRED} is set");
    // Not eprintln, which cargo shows for failed tests only.
    let _ = writeln!(std::io::stderr(), "\nNOT TESTED: {why}\n");
}

#[expect(clippy::disallowed_methods, reason = "where a server runs is known to whoever starts the tests")]
fn read(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}
