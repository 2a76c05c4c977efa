//! Limits the memory that the C library's allocator keeps.

/// Variable that limits the arenas of glibc's allocator (mallopt(3)). It is read once, before `main`.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS: &str = "MALLOC_ARENA_MAX";

/// Starts this program anew under the same process number, with few arenas for the allocator, unless `MALLOC_ARENA_MAX` is set. glibc
/// gives each thread an arena, up to eight for each processor, and each keeps what was freed in it: a server under changing load came to
/// 80 MB of which 18 were in use. Where the program cannot be started anew, it goes on as it is.
pub(crate) fn limit_arenas() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    restart_with_few_arenas();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn restart_with_few_arenas() {
    use std::os::unix::process::CommandExt as _;

    #[expect(clippy::disallowed_methods, reason = "the settings are the one reader of the environment")]
    let is_told = std::env::var_os(ARENAS).is_some();
    let (Ok(program), false) = (std::env::current_exe(), is_told) else { return };
    let mut arguments = std::env::args_os();
    let mut again = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    // Returns only when it fails.
    _ = again.args(arguments).env(ARENAS, (2 * processors).to_string()).exec();
}
