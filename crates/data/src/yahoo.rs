//! Daily bars from Yahoo Finance: the `/v8/finance/chart` route, which needs neither key nor cookie.
//!
//! The crate `yfinance-rs` (0.9.1) is not used: it drops sessions without a price, which the quality report needs; its
//! candles do not mark the unfinished bar of today; its volumes are integers and its prices decimals, to be converted
//! back to floats; and it adds some 200 crates, including a C build.
//!
//! | file | purpose |
//! |---|---|
//! | `url.rs` | the request |
//! | `http.rs` | timeouts, size limits, causes of failure |
//! | `read.rs`, `response.rs` | classifies a response, whatever its status and content type |
//! | `wire.rs`, `partial.rs` | the JSON |
//! | `chart.rs`, `events.rs`, `session.rs` | JSON to bars: dates, dividends and splits, the live bar |

mod chart;
mod events;
mod http;
mod partial;
mod provider;
mod read;
mod response;
mod retry_after;
#[cfg(test)]
mod robustness;
mod session;
mod settings;
mod url;
mod wire;

pub use self::{
    provider::YahooProvider,
    read::{RawResponse, read},
    settings::YahooSettings,
};
