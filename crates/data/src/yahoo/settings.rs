//! How Yahoo is asked.

use std::time::Duration;

/// What a browser calls itself. Yahoo answers 429 to the names of programs.
const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// How Yahoo is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YahooSettings {
    /// Addresses that answer the same; the next one is used from the fetch after a failure on.
    pub base_urls: Vec<String>,
    /// `User-Agent`; one that does not look like a browser is answered with 429.
    pub user_agent: String,
    /// Time allowed to connect.
    pub connect_timeout: Duration,
    /// Time allowed from the request to the last byte of the answer.
    pub total_timeout: Duration,
    /// Largest answer read, in bytes after decompression. Sixty years of daily bars are about 2 MiB.
    pub max_body_bytes: usize,
    /// How long after the close a bar still counts as live: quotes of B3 and others come up to 20 minutes late, and the
    /// closing auction is corrected for some minutes more.
    pub settles_after: Duration,
}

impl Default for YahooSettings {
    fn default() -> Self {
        Self {
            base_urls: ["https://query1.finance.yahoo.com", "https://query2.finance.yahoo.com"]
                .map(str::to_owned)
                .into(),
            user_agent: BROWSER.to_owned(),
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            max_body_bytes: 32 * 1024 * 1024,
            settles_after: Duration::from_secs(30 * 60),
        }
    }
}
