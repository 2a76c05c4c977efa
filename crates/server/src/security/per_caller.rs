//! Limits how many things of one kind each caller may have under way at the same time.

use std::sync::Arc;

use super::Caller;
use crate::events::{ConnectionQuota, Full, Place};

/// Limits how many operations run at the same time: for each caller, and for all callers together.
#[derive(Debug)]
pub(crate) struct PerCallerLimiter {
    in_use: Arc<ConnectionQuota>,
    per_caller: usize,
    total: usize,
}

/// The right to run one operation, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct CallerPermit(#[expect(dead_code, reason = "dropping it returns the permit")] Place);

/// Which limit refuses a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LimitReached {
    /// This caller has as many operations under way as one caller may have.
    Caller,
    /// All callers together have as many operations under way as the server allows.
    Total,
}

impl PerCallerLimiter {
    /// Returns a limiter that allows `per_caller` operations to each caller, and `total` to all together.
    pub(crate) fn new(per_caller: usize, total: usize) -> Self {
        Self { in_use: Arc::default(), per_caller, total }
    }

    /// Returns a permit. A caller is its key, or without one the network of its address; callers without a key on this machine,
    /// and requests whose caller is not known, count towards the total only.
    ///
    /// # Errors
    /// [`LimitReached`] when no permit is left.
    pub(crate) fn try_acquire(&self, caller: Option<&Caller>) -> Result<CallerPermit, LimitReached> {
        let identity = caller.and_then(Caller::limit_key);
        let permit = self.in_use.take(identity, (self.total, self.per_caller));
        permit.map(CallerPermit).map_err(|full| match full {
            Full::Altogether => LimitReached::Total,
            Full::ForThisOne => LimitReached::Caller,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use closecast_app::access::Role;

    fn caller(key: Option<&str>, address: &str) -> Caller {
        let key = key.map(|id| (id.to_owned(), "name".to_owned()));
        Caller { key, role: Role::Viewer, address: address.parse().unwrap() }
    }

    #[test]
    fn limiter_refuses_one_caller_when_its_permits_are_used_and_serves_the_others() {
        let limiter = PerCallerLimiter::new(2, 8);
        let greedy = caller(Some("a"), "203.0.113.1");
        let _held = [0, 1].map(|_| limiter.try_acquire(Some(&greedy)).unwrap());
        assert_eq!(limiter.try_acquire(Some(&greedy)).unwrap_err(), LimitReached::Caller);
        let elsewhere = caller(Some("a"), "203.0.113.7");
        assert_eq!(limiter.try_acquire(Some(&elsewhere)).unwrap_err(), LimitReached::Caller, "a key is one caller");
        let others = [caller(Some("b"), "203.0.113.1"), caller(None, "203.0.113.1"), caller(None, "203.0.113.2")];
        for other in &others {
            assert!(limiter.try_acquire(Some(other)).is_ok(), "{other:?}");
        }
    }

    #[test]
    fn limiter_counts_a_network_of_version_6_as_one_caller() {
        let limiter = PerCallerLimiter::new(1, 8);
        let _held = limiter.try_acquire(Some(&caller(None, "2001:db8::1"))).unwrap();
        let neighbour = limiter.try_acquire(Some(&caller(None, "2001:db8::2")));
        assert_eq!(neighbour.unwrap_err(), LimitReached::Caller);
        assert!(limiter.try_acquire(Some(&caller(None, "2001:db8:0:1::1"))).is_ok());
    }

    #[test]
    fn limiter_frees_a_permit_when_it_is_dropped() {
        let limiter = PerCallerLimiter::new(1, 8);
        let only = caller(None, "203.0.113.1");
        let permit = limiter.try_acquire(Some(&only)).unwrap();
        assert!(limiter.try_acquire(Some(&only)).is_err());
        drop(permit);
        assert!(limiter.try_acquire(Some(&only)).is_ok());
    }

    #[test]
    fn limiter_holds_callers_of_this_machine_to_the_total_alone() {
        let limiter = PerCallerLimiter::new(1, 3);
        let local = caller(None, "127.0.0.1");
        let _held = [0, 1, 2].map(|_| limiter.try_acquire(Some(&local)).unwrap());
        assert_eq!(limiter.try_acquire(Some(&local)).unwrap_err(), LimitReached::Total);
    }
}
