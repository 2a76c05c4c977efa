//! An address or a network as people write it: `10.0.0.7`, `10.0.0.0/8`.

use std::{fmt, net::IpAddr};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// Returns whether the address is of the network.
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.0.contains(address)
    }

    /// Returns the network that a text names.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)).map(Self)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom(format_args!(
                "{text:?} is neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/8"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_network_of_one() {
        let one = Network::parse("10.0.0.7").unwrap();
        assert!(one.contains(&"10.0.0.7".parse().unwrap()) && !one.contains(&"10.0.0.8".parse().unwrap()));
        assert!(Network::parse("10.0.0.0/8").unwrap().contains(&"10.9.9.9".parse().unwrap()));
        assert!(Network::parse("::1").unwrap().contains(&"::1".parse().unwrap()));
        assert!(Network::parse("proxy").is_none() && Network::parse("10.0.0.0/33").is_none());
    }
}
