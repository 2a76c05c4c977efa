//! How requests are answered.

use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};

use crate::network::Network;
use closecast_app::byte_size::ByteSize;

/// Settings of the HTTP server: the section `[server]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Address to listen on. Loopback unless set: any client that reaches the port can use the machine.
    pub host: IpAddr,
    /// Port to listen on.
    pub port: u16,
    /// Listen beyond this machine though no key exists.
    pub allow_open: bool,
    /// Let everybody read what is stored, and see forecasts, without a key.
    pub public_read: bool,
    /// Fetch the prices of a symbol that is not stored when somebody asks for it who may change what is stored.
    pub fetch_missing: bool,
    /// Sites whose pages may ask, such as `https://dashboard.example.org`.
    pub cors_origins: Vec<String>,
    /// Names under which the server is reached; needed only while there is no key.
    pub allowed_hosts: Vec<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed: addresses or networks.
    pub trusted_proxies: Vec<Network>,
    /// Memory for what is prepared of symbols, so that a forecast is one pass of the network.
    pub forecast_cache: ByteSize,
    /// Requests that may wait for their forecast; more are turned away with status 429.
    pub queue: usize,
    /// How much memory the models kept ready may take.
    pub model_cache: ByteSize,
    /// Limits for callers.
    pub limits: LimitSettings,
}

/// What callers may take: the section `[server.limits]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Requests a second of one address without a key; twice as many may come at once. This machine's own are not counted.
    pub address_per_second: u32,
    /// The same for what needs no key: signs of life, pages, the description of the interface, and addresses that lead nowhere.
    pub open_per_second: u32,
    /// Requests a second with one key; twice as many may come at once.
    pub key_per_second: u32,
    /// Largest body of a request, files apart.
    pub body: ByteSize,
    /// Largest file of prices that may be sent.
    pub upload: ByteSize,
    /// Trainings that may wait or run at a time.
    pub trainings: u64,
    /// Connections at a time.
    pub connections: usize,
    /// Connections of one address at a time; this machine's and trusted proxies' are not counted.
    pub connections_each: usize,
    /// Requests of one connection of HTTP/2 at a time.
    pub streams: u32,
    /// Bytes that are held for all clients: requests in hand, and responses that are not read yet.
    pub buffers: ByteSize,
    /// WebSocket connections at a time.
    pub websockets: usize,
    /// WebSocket connections of one key, or of one address without a key; this machine's own are not counted.
    pub websockets_each: usize,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8000,
            allow_open: false,
            public_read: false,
            fetch_missing: false,
            cors_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            trusted_proxies: Vec::new(),
            model_cache: ByteSize::megabytes(256),
            forecast_cache: ByteSize::megabytes(48),
            queue: 1024,
            limits: LimitSettings::default(),
        }
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            address_per_second: 20,
            open_per_second: 100,
            key_per_second: 100,
            body: ByteSize::megabytes(1),
            upload: ByteSize::megabytes(64),
            trainings: 100,
            connections: 8192,
            connections_each: 256,
            streams: 32,
            buffers: ByteSize::megabytes(64),
            websockets: 4096,
            websockets_each: 32,
        }
    }
}

impl ServerSettings {
    /// Refuses what cannot work.
    ///
    /// # Errors
    /// What is wrong, with the key.
    pub fn check(&self) -> Result<(), String> {
        let limits = &self.limits;
        let counts = [
            ("server.limits.address_per_second", u64::from(limits.address_per_second)),
            ("server.limits.open_per_second", u64::from(limits.open_per_second)),
            ("server.limits.streams", u64::from(limits.streams)),
            ("server.limits.buffers", limits.buffers.bytes()),
            ("server.limits.key_per_second", u64::from(limits.key_per_second)),
            ("server.limits.body", limits.body.bytes()),
            ("server.limits.upload", limits.upload.bytes()),
            ("server.limits.connections", limits.connections as u64),
            ("server.limits.connections_each", limits.connections_each as u64),
        ];
        if let Some((key, _)) = counts.into_iter().find(|&(_, count)| count == 0) {
            return Err(format!("{key} is 0: give at least 1"));
        }
        match self.cors_origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(format!(
                "server.cors_origins has {origin:?}: write scheme, name and port alone, such as https://example.org:8443"
            )),
            None => Ok(()),
        }
    }
}

/// Returns whether a text is an origin as browsers send it.
fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|name| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte);
        !name.is_empty() && name.bytes().all(allowed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_name_and_port() {
        for good in ["https://example.org", "http://localhost:3000", "http://[::1]:8000"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in ["*", "example.org", "https://", "https://example.org/", "https://Example.org", "ftp://a"] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn a_limit_of_nothing_is_refused_by_name() {
        let mut settings = ServerSettings::default();
        assert!(settings.check().is_ok());
        settings.limits.key_per_second = 0;
        assert!(settings.check().unwrap_err().to_string().contains("server.limits.key_per_second"));
        let settings = ServerSettings { cors_origins: vec!["*".to_owned()], ..ServerSettings::default() };
        assert!(settings.check().unwrap_err().to_string().contains("cors_origins"));
    }
}
