//! Where a request comes from.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap, HeaderName, header},
};

use crate::network::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What proxies say of themselves.
const OF_PROXIES: [HeaderName; 4] =
    [FORWARDED_FOR, header::FORWARDED, header::VIA, HeaderName::from_static("x-real-ip")];

/// Returns the address of the client: that of the connection or, where it is one of a trusted proxy, the last address of
/// `X-Forwarded-For` that is not. Whatever stands before that in the header may be the client's own invention.
pub(super) fn of(headers: &HeaderMap, extensions: &Extensions, trusted: &[Network]) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| canonical(peer.ip()));
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(&peer) || !headers.contains_key(FORWARDED_FOR) {
        // What a proxy on this machine passes on comes from elsewhere, also where nobody said that it is trusted, or where it says in
        // another header for whom: that one may be the client's own.
        let passed_on = OF_PROXIES.iter().any(|name| headers.contains_key(name));
        return if passed_on { elsewhere(peer) } else { peer };
    }
    let mut nearest = peer;
    for value in headers.get_all(FORWARDED_FOR).iter().rev() {
        for text in value.to_str().unwrap_or_default().rsplit(',') {
            // A proxy that writes something else is trusted with no more than its own address; none has seen itself connect.
            let Some(address) = parse(text).filter(|address| !address.is_loopback()) else { return elsewhere(nearest) };
            if !is_trusted(&address) {
                return address;
            }
            nearest = address;
        }
    }
    nearest
}

/// What a proxy on this machine passes on is not this machine's own, whoever it is of.
fn elsewhere(nearest: IpAddr) -> IpAddr {
    if nearest.is_loopback() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { nearest }
}

/// Reads an address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(canonical)
}

/// Returns an address of version 4 as such, also where a socket of version 6 got it.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        seen_with(peer, &forwarded.iter().map(|value| (FORWARDED_FOR, value.parse().unwrap())).collect(), trusted)
    }

    fn seen_with(peer: &str, headers: &HeaderMap, trusted: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let trusted: Vec<Network> = trusted.iter().map(|network| Network::parse(network).unwrap()).collect();
        of(headers, &extensions, &trusted).to_string()
    }

    /// Nor does a header that a client may have sent itself say who it is.
    #[test]
    fn what_a_proxy_on_this_machine_passes_on_is_never_this_machines_own() {
        for name in OF_PROXIES.into_iter().filter(|name| *name != FORWARDED_FOR) {
            for trusted in [&["127.0.0.1"][..], &[]] {
                let headers = HeaderMap::from_iter([(name.clone(), "198.51.100.7".parse().unwrap())]);
                assert_eq!(seen_with("127.0.0.1", &headers, trusted), "0.0.0.0", "{name}");
            }
        }
        assert_eq!(seen_with("127.0.0.1", &HeaderMap::new(), &["127.0.0.1"]), "127.0.0.1");
        assert_eq!(seen_with("10.0.0.1", &HeaderMap::new(), &["10.0.0.0/8"]), "10.0.0.1");
    }

    #[test]
    fn without_a_trusted_proxy_the_header_says_nothing() {
        assert_eq!(seen("203.0.113.9", &["127.0.0.1"], &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["127.0.0.1"], &["10.0.0.0/8"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["198.51.100.7"], &[]), "0.0.0.0", "a proxy that nobody told us of");
    }

    #[test]
    fn behind_trusted_proxies_the_last_address_that_is_not_theirs_counts() {
        let trusted = ["10.0.0.0/8", "127.0.0.1"];
        assert_eq!(seen("127.0.0.1", &["127.0.0.1, 198.51.100.7, 10.1.2.3"], &trusted), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["8.8.8.8", "198.51.100.7:4711"], &trusted), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["[2001:db8::1]:80"], &trusted), "2001:db8::1");
    }

    #[test]
    fn nonsense_leaves_the_proxy_itself() {
        assert_eq!(seen("10.0.0.1", &["198.51.100.7, unknown"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(
            seen("10.0.0.1", &["127.0.0.1"], &["10.0.0.0/8"]),
            "10.0.0.1",
            "nobody is this machine by saying so"
        );
        assert_eq!(seen("::ffff:10.0.0.1", &["198.51.100.7"], &["10.0.0.0/8"]), "198.51.100.7");
    }
}
