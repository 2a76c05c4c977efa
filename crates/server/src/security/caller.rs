//! Who sent a request.

use std::net::IpAddr;

use super::client_network::network;
use closecast_app::access::Role;

/// Who sent a request, as far as the key says; every handler finds it among the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Identifier and name of the key; none where everybody may come in.
    pub(crate) key: Option<(String, String)>,
    /// What the caller may do.
    pub(crate) role: Role,
    /// Where the request came from, behind the proxies that are trusted.
    pub(crate) address: IpAddr,
}

impl Caller {
    /// Returns the name to write down for what the caller does.
    pub(crate) fn name(&self) -> String {
        self.key.as_ref().map_or_else(|| self.address.to_string(), |(_, name)| name.clone())
    }

    /// Returns the identity under which this caller's use of the server is limited: its key, or without one the network of its
    /// address. A caller without a key on this machine has none, because it can start programs here and needs no request to use it up.
    pub(crate) fn limit_key(&self) -> Option<String> {
        match &self.key {
            Some((id, _name)) => Some(format!("key {id}")),
            None if self.address.is_loopback() => None,
            None => Some(format!("address {}", network(self.address))),
        }
    }
}
