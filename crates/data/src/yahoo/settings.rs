//! Settings of the Yahoo client.

use std::time::Duration;

/// User agent of a browser. Yahoo responds 429 to those of programs.
const BROWSER_USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// Settings of the Yahoo client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YahooSettings {
    /// Equivalent base URLs; after a failure the next one is used.
    pub base_urls: Vec<String>,
    /// `User-Agent`; Yahoo responds 429 unless it looks like a browser.
    pub user_agent: String,
    /// Connection timeout.
    pub connect_timeout: Duration,
    /// Timeout from the request to the last byte of the response.
    pub total_timeout: Duration,
    /// Maximum size of a response, in bytes after decompression. Sixty years of daily bars take about 2 MiB.
    pub max_body_bytes: usize,
    /// How long after the close a bar counts as live: quotes of B3 and others are up to 20 minutes late, and the
    /// closing auction is corrected for some minutes more.
    pub settles_after: Duration,
}

impl Default for YahooSettings {
    fn default() -> Self {
        Self {
            base_urls: ["https://query1.finance.yahoo.com", "https://query2.finance.yahoo.com"]
                .map(str::to_owned)
                .into(),
            user_agent: BROWSER_USER_AGENT.to_owned(),
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            max_body_bytes: 32 * 1024 * 1024,
            settles_after: Duration::from_secs(30 * 60),
        }
    }
}
