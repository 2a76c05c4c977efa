//! Who may do what, and how much of it.

mod allowance;
mod caller;
mod client_network;
mod keyed_limiter;
mod keyring;
mod per_caller;

use tokio_util::task::TaskTracker;

pub(crate) use self::{
    allowance::Allowance,
    caller::Caller,
    client_network::network,
    keyring::{Keyring, KnownKey},
    per_caller::{CallerPermit, LimitReached, PerCallerLimiter},
};
use crate::options::LimitSettings;

/// What decides who comes in.
#[derive(Debug)]
pub(crate) struct Security {
    /// The keys.
    pub(crate) keyring: Keyring,
    /// The allowances.
    pub(crate) allowance: Allowance,
    /// Acts that are being written down; the program ends after them.
    pub(crate) acts: TaskTracker,
}

impl Security {
    /// Returns nobody's keys and full allowances.
    pub(crate) fn new(limits: &LimitSettings) -> Self {
        Self { keyring: Keyring::default(), allowance: Allowance::new(limits), acts: TaskTracker::new() }
    }
}
