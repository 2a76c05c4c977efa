//! Daily bars from Yahoo Finance: the `/v8/finance/chart` route, which needs neither key nor cookie.
//!
//! The format is read here and not by the crate `yfinance-rs` (0.9.1 looked at): that one drops the sessions without a
//! price, which the quality report must see; its candles do not tell the unfinished bar of today; volumes are whole
//! numbers and prices decimals, to be turned back into floats; and it brings some 200 crates, a C build among them.
//!
//! | file | idea |
//! |---|---|
//! | `url.rs` | the request |
//! | `http.rs` | limits of time and size, causes of failure |
//! | `read.rs`, `answer.rs` | what an answer is, whatever its status and content type say |
//! | `wire.rs` | the JSON |
//! | `chart.rs`, `events.rs`, `session.rs` | JSON to bars: dates, dividends and splits, the live bar |

mod answer;
mod chart;
mod events;
mod http;
mod provider;
mod read;
mod retry_after;
#[cfg(test)]
mod robustness;
mod session;
mod settings;
mod sparing;
mod url;
mod wire;

pub use self::{
    provider::YahooProvider,
    read::{Received, read},
    settings::YahooSettings,
};
