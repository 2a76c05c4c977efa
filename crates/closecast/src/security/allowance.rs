//! How many requests each caller may make.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use super::Caller;
use crate::config::LimitSettings;

/// Callers remembered before those are forgotten who have been quiet.
const MANY: usize = 10_000;

/// Refusals of one caller that are written down at once.
const REFUSALS: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);

/// How many requests each key, and each address without one, may make.
#[derive(Debug)]
pub(crate) struct Allowance {
    keys: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    refusals: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

impl Allowance {
    /// Returns the allowance of the settings.
    pub(crate) fn new(limits: &LimitSettings) -> Self {
        Self {
            keys: RateLimiter::keyed(quota(limits.key_per_second)),
            addresses: RateLimiter::keyed(quota(limits.address_per_second)),
            refusals: RateLimiter::keyed(Quota::per_second(NonZeroU32::MIN).allow_burst(REFUSALS)),
            clock: DefaultClock::default(),
        }
    }

    /// Takes one request of the caller's allowance; returns how long to wait when there is none left. Callers on this machine
    /// without a key are not counted: who can start programs here needs no request to keep it busy.
    pub(crate) fn take(&self, caller: &Caller) -> Result<(), Duration> {
        match &caller.key {
            Some((id, _)) => self.take_of_key(id),
            None => self.take_of_address(caller.address),
        }
    }

    /// Takes one request of an address's allowance.
    pub(crate) fn take_of_address(&self, address: IpAddr) -> Result<(), Duration> {
        if address.is_loopback() {
            return Ok(());
        }
        if self.addresses.len() > MANY {
            self.addresses.retain_recent();
        }
        self.addresses.check_key(&network(address)).map_err(|refused| refused.wait_time_from(self.clock.now()))
    }

    /// Returns whether it is to be written down that `caller` was refused: not more often than once a second, after the first ones. A
    /// key that may read must not fill the book.
    pub(crate) fn take_refusal(&self, caller: &Caller) -> bool {
        if self.refusals.len() > MANY {
            self.refusals.retain_recent();
        }
        let who = caller.key.as_ref().map_or_else(|| caller.address.to_string(), |(id, _name)| id.clone());
        self.refusals.check_key(&who).is_ok()
    }

    fn take_of_key(&self, id: &str) -> Result<(), Duration> {
        if self.keys.len() > MANY {
            self.keys.retain_recent();
        }
        // Borrowed text cannot be asked for; keys are short.
        self.keys.check_key(&id.to_owned()).map_err(|refused| refused.wait_time_from(self.clock.now()))
    }
}

/// Returns so many a second, and twice as many at once.
fn quota(per_second: u32) -> Quota {
    let per_second = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(per_second).allow_burst(per_second.saturating_mul(NonZeroU32::MIN.saturating_add(1)))
}

/// Returns what one customer of a provider usually has: an address, or in version 6 a network of 64 bits.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::security::Role;

    fn caller(key: Option<&str>, address: &str) -> Caller {
        let key = key.map(|id| (id.to_owned(), "name".to_owned()));
        Caller { key, role: Role::Viewer, address: address.parse().unwrap() }
    }

    fn allowance() -> Allowance {
        Allowance::new(&LimitSettings { address_per_second: 1, key_per_second: 2, ..LimitSettings::default() })
    }

    #[test]
    fn each_caller_has_an_allowance_of_its_own() {
        let allowance = allowance();
        let allowed = |caller: &Caller| (0..20).filter(|_| allowance.take(caller).is_ok()).count();
        assert_eq!(allowed(&caller(None, "203.0.113.1")), 2);
        assert_eq!(allowed(&caller(None, "203.0.113.2")), 2);
        assert_eq!(allowed(&caller(Some("a"), "203.0.113.1")), 4, "a key counts, and not where it is used");
        assert_eq!(allowed(&caller(Some("b"), "203.0.113.1")), 4);
        let wait = allowance.take(&caller(None, "203.0.113.1")).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
    }

    #[test]
    fn a_network_of_version_6_is_one_caller() {
        let allowance = allowance();
        let allowed = (0..20).filter(|n| allowance.take(&caller(None, &format!("2001:db8::{n}"))).is_ok()).count();
        assert_eq!(allowed, 2);
        assert!(allowance.take(&caller(None, "2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn this_machine_is_not_counted_without_a_key() {
        let allowance = allowance();
        assert!((0..20).all(|_| allowance.take(&caller(None, "127.0.0.1")).is_ok()));
        assert!(!(0..20).all(|_| allowance.take(&caller(Some("a"), "127.0.0.1")).is_ok()));
    }
}
