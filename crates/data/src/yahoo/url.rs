//! The URL of a chart request.

use chrono::Days;
use chrono_tz::Tz;
use closecast_domain::{Exchange, Symbol};
use reqwest::Url;

use super::chart;
use crate::{
    exchange_time::{clamp_to_valid_years, midnight},
    provider::{FetchRange, ProviderError},
};

/// Days added on both sides for exchanges with an unknown time zone. Sydney opens on the day before in UTC.
const MARGIN: Days = Days::new(1);

pub(super) fn base_url(text: &str) -> Result<Url, ProviderError> {
    let misconfigured = |why: &str| ProviderError::Misconfigured {
        reason: format!("the base URL {text:?} is not valid ({why}): set one such as https://query1.finance.yahoo.com"),
    };
    let url = Url::parse(text).map_err(|error| misconfigured(&error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(misconfigured(&format!("{other} is not http or https"))),
    }
}

pub(super) fn chart_url(host: &Url, symbol: &Symbol, range: FetchRange) -> Url {
    let (start, end) = period(Exchange::of(symbol), range);
    let mut url = host.clone();
    // The only character of a symbol that is invalid in a path; the url crate does not encode it.
    let symbol = symbol.as_str().replace('^', "%5E");
    url.set_path(&format!("{}/v8/finance/chart/{symbol}", host.path().trim_end_matches('/')));
    url.query_pairs_mut()
        .append_pair("period1", &start.to_string())
        .append_pair("period2", &end.to_string())
        .append_pair("interval", chart::GRANULARITY)
        .append_pair("events", "div,splits,capitalGains")
        .append_pair("includeAdjustedClose", "true");
    url
}

/// Returns the Unix seconds between which sessions of `range` may open.
fn period(exchange: Exchange, range: FetchRange) -> (i64, i64) {
    let zone = exchange.time_zone().parse().unwrap_or(Tz::UTC);
    let (start, end) = (clamp_to_valid_years(range.start), clamp_to_valid_years(range.end));
    let (start, end) = match exchange {
        Exchange::Weekdays => (start - MARGIN, end + MARGIN),
        Exchange::UnitedStates | Exchange::B3 | Exchange::EveryDay => (start, end),
    };
    (midnight(start, zone).timestamp(), midnight(end, zone).timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(symbol: &str, start: &str, end: &str) -> String {
        let range = FetchRange::new(start.parse().unwrap(), end.parse().unwrap());
        chart_url(&base_url("http://127.0.0.1:1/proxy/").unwrap(), &symbol.parse().unwrap(), range).to_string()
    }

    #[test]
    fn period_uses_exchange_time_zone() {
        // Midnight in New York: 05:00Z in winter, 04:00Z in summer.
        let text = url("AAPL", "2024-01-02", "2024-07-01");
        assert!(text.starts_with("http://127.0.0.1:1/proxy/v8/finance/chart/AAPL?"), "{text}");
        assert!(text.contains("period1=1704171600&period2=1719806400&interval=1d"), "{text}");
        // Midnight in São Paulo: 03:00Z.
        let text = url("PETR4.SA", "2024-01-02", "2024-01-03");
        assert!(text.contains("period1=1704164400&period2=1704250800"), "{text}");
    }

    #[test]
    fn period_has_margin_for_unknown_time_zone() {
        let text = url("4063.T", "2024-01-02", "2024-01-03");
        assert!(text.contains("period1=1704067200&period2=1704326400"), "{text}");
    }

    #[test]
    fn chart_url_encodes_symbols() {
        assert!(url("^GSPC", "2024-01-02", "2024-01-03").contains("/chart/%5EGSPC?"));
        assert!(url("EURUSD=X", "2024-01-02", "2024-01-03").contains("/chart/EURUSD=X?"));
    }

    #[test]
    fn period_accepts_extreme_dates() {
        let range = FetchRange::new(chrono::NaiveDate::MIN, chrono::NaiveDate::MAX);
        for exchange in [Exchange::UnitedStates, Exchange::B3, Exchange::Weekdays, Exchange::EveryDay] {
            let (start, end) = period(exchange, range);
            assert!(start < end, "{exchange:?}");
        }
    }
}
