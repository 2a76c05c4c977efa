//! How many requests each caller may make.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::Quota;

use super::{caller::Caller, client_network::network, keyed_limiter::KeyedLimiter};
use crate::options::LimitSettings;

/// Refusals of one caller that are written down at once.
const REFUSALS: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);

/// Refusals a second that an address gets at once; further ones are delayed.
const QUICK_REFUSALS: u32 = 20;

/// How long further refusals are delayed.
const REFUSAL_DELAY: Duration = Duration::from_secs(1);

/// How many requests each key, and each address without one, may make.
#[derive(Debug)]
pub(crate) struct Allowance {
    keys: KeyedLimiter<String>,
    addresses: KeyedLimiter<IpAddr>,
    /// Requests to what needs no key.
    open: KeyedLimiter<IpAddr>,
    refusals: KeyedLimiter<String>,
    quick_refusals: KeyedLimiter<IpAddr>,
    /// Most units that one request may cost.
    most_of_key: NonZeroU32,
    most_of_address: NonZeroU32,
}

impl Allowance {
    /// Returns the allowance of the settings.
    pub(crate) fn new(limits: &LimitSettings) -> Self {
        Self {
            keys: KeyedLimiter::new(quota(limits.key_per_second)),
            addresses: KeyedLimiter::new(quota(limits.address_per_second)),
            open: KeyedLimiter::new(quota(limits.open_per_second)),
            refusals: KeyedLimiter::new(Quota::per_second(NonZeroU32::MIN).allow_burst(REFUSALS)),
            quick_refusals: KeyedLimiter::new(quota(QUICK_REFUSALS)),
            most_of_key: most_units(limits.key_per_second),
            most_of_address: most_units(limits.address_per_second),
        }
    }

    /// Takes one request of the caller's allowance; returns how long to wait when there is none left. Callers on this machine
    /// without a key are not counted: who can start programs here needs no request to keep it busy.
    pub(crate) fn take(&self, caller: &Caller) -> Result<(), Duration> {
        self.take_units(caller, NonZeroU32::MIN)
    }

    /// Takes what a request costs beyond one, when it does the work of several: `units` of the caller's allowance, or what is left of a
    /// full one after one request where that is less. Returns how long to wait when they are not there.
    pub(crate) fn take_units(&self, caller: &Caller, units: NonZeroU32) -> Result<(), Duration> {
        match &caller.key {
            // Borrowed text cannot be asked for; keys are short.
            Some((id, _)) => self.keys.take(&id.to_owned(), units.min(self.most_of_key)),
            None if caller.address.is_loopback() => Ok(()),
            None => self.addresses.take(&network(caller.address), units.min(self.most_of_address)),
        }
    }

    /// Takes one request of an address's allowance.
    pub(crate) fn take_of_address(&self, address: IpAddr) -> Result<(), Duration> {
        if address.is_loopback() {
            return Ok(());
        }
        self.addresses.take(&network(address), NonZeroU32::MIN)
    }

    /// Takes one request of an address's allowance for what needs no key.
    pub(crate) fn take_of_open(&self, address: IpAddr) -> Result<(), Duration> {
        if address.is_loopback() {
            return Ok(());
        }
        self.open.take(&network(address), NonZeroU32::MIN)
    }

    /// Returns how long a refusal of a request from `address` is to be delayed: a client that goes on after many refusals must not keep
    /// the server busy with more of them.
    pub(crate) fn refusal_delay(&self, address: IpAddr) -> Option<Duration> {
        self.quick_refusals.take(&network(address), NonZeroU32::MIN).err().map(|_| REFUSAL_DELAY)
    }

    /// Returns whether it is to be written down that `caller` was refused: not more often than once a second, after the first ones. A
    /// key that may read must not fill the book.
    pub(crate) fn take_refusal(&self, caller: &Caller) -> bool {
        let who = caller.key.as_ref().map_or_else(|| caller.address.to_string(), |(id, _name)| id.clone());
        self.refusals.take(&who, NonZeroU32::MIN).is_ok()
    }
}

/// Returns so many a second, and twice as many at once.
fn quota(per_second: u32) -> Quota {
    let per_second = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(per_second).allow_burst(per_second.saturating_mul(NonZeroU32::MIN.saturating_add(1)))
}

/// Returns what is left of a full allowance after one request.
fn most_units(per_second: u32) -> NonZeroU32 {
    NonZeroU32::new(per_second.saturating_mul(2).saturating_sub(1)).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use closecast_app::access::Role;

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
    fn request_that_does_the_work_of_many_takes_as_many_units() {
        let allowance = Allowance::new(&LimitSettings { key_per_second: 10, ..LimitSettings::default() });
        let caller = caller(Some("a"), "203.0.113.1");
        let units = |units| NonZeroU32::new(units).unwrap();
        assert!(allowance.take_units(&caller, units(15)).is_ok(), "twice as many may come at once");
        assert!(allowance.take_units(&caller, units(15)).is_err());
        assert!(allowance.take(&caller).is_ok(), "what was refused took nothing");
        let large = self::caller(Some("b"), "203.0.113.1");
        assert!(allowance.take_units(&large, units(1000)).is_ok(), "it is possible after a pause");
        assert!(
            allowance.take(&large).is_ok() && allowance.take(&large).is_err(),
            "and takes nearly all that there is"
        );
    }

    #[test]
    fn what_needs_no_key_has_an_allowance_of_its_own() {
        let limits = LimitSettings { open_per_second: 3, address_per_second: 1, ..LimitSettings::default() };
        let allowance = Allowance::new(&limits);
        let [one, other, own] = ["203.0.113.1", "203.0.113.2", "127.0.0.1"].map(|address| address.parse().unwrap());
        assert_eq!((0..20).filter(|_| allowance.take_of_open(one).is_ok()).count(), 6);
        assert!(allowance.take_of_open(other).is_ok() && allowance.take_of_address(one).is_ok());
        assert!((0..20).all(|_| allowance.take_of_open(own).is_ok()));
    }

    #[test]
    fn refusals_are_delayed_when_an_address_goes_on_after_many() {
        let allowance = allowance();
        let address = "203.0.113.1".parse().unwrap();
        let quick = (0..100).take_while(|_| allowance.refusal_delay(address).is_none()).count();
        assert_eq!(quick, 40);
        assert_eq!(allowance.refusal_delay("203.0.113.2".parse().unwrap()), None);
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
