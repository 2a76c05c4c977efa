//! How many files and connections the program may have open.

/// Lets the program open as many files as its hard limit allows: each connection is one, and the usual soft limit is 1024.
pub(crate) fn allow_all() {
    #[cfg(target_os = "linux")]
    raise();
}

#[cfg(target_os = "linux")]
fn raise() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let shown = |limit: Option<u64>| limit.map_or_else(|| "any number of".to_owned(), |limit| limit.to_string());
    if limit.current == limit.maximum {
        return tracing::info!("up to {} files and connections can be open", shown(limit.maximum));
    }
    match setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        Ok(()) => tracing::info!(
            "up to {} files and connections can be open now, instead of {}",
            shown(limit.maximum),
            shown(limit.current)
        ),
        Err(error) => tracing::warn!(
            "no more than {} files and connections can be open: the limit cannot be raised: {error}",
            shown(limit.current)
        ),
    }
}
