//! A price source on this machine that answers for any symbol as Yahoo's chart service does.

use chrono::{Days, NaiveTime};
use closecast_domain::{Clock, Exchange, Symbol, SystemClock, TradingCalendar};
use closecast_testkit::histories::random_walk;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

/// Sessions of each symbol, up to yesterday.
const SESSIONS: usize = 800;

/// The running price source.
pub(crate) struct PriceSource(MockServer);

impl PriceSource {
    /// Starts the price source on a free port.
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        Mock::given(matchers::path_regex("^/v8/finance/chart/")).respond_with(Charts).mount(&server).await;
        Self(server)
    }

    /// Returns the base address, for `CLOSECAST_YAHOO_URL`.
    pub(crate) fn address(&self) -> String {
        self.0.uri()
    }
}

struct Charts;

impl Respond for Charts {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let symbol = request.url.path_segments().unwrap().next_back().unwrap();
        let second = |name: &str| {
            let (_, value) = request.url.query_pairs().find(|(key, _)| key == name).unwrap();
            value.parse::<i64>().unwrap()
        };
        ResponseTemplate::new(200).set_body_json(chart(symbol, second("period1")..second("period2")))
    }
}

/// Returns the chart of the sessions that open in `period`, in seconds of Unix time.
fn chart(symbol: &str, period: std::ops::Range<i64>) -> Value {
    let exchange = Exchange::of(&Symbol::new(symbol).unwrap());
    let is_brazilian = exchange == Exchange::B3;
    let (zone, currency) = if is_brazilian { ("America/Sao_Paulo", "BRL") } else { ("America/New_York", "USD") };
    let yesterday = SystemClock.now().date_naive() - Days::new(1);
    let calendar = TradingCalendar::new(exchange);
    let first = random_walk(symbol, 1, 1).bars()[0].date;
    let all = calendar.sessions_between(first, yesterday).count();
    let history = random_walk(symbol, all, symbol.bytes().map(u64::from).sum());
    let opening = NaiveTime::from_hms_opt(15, 0, 0).unwrap();
    let bars = history.bars().iter().skip(all.saturating_sub(SESSIONS));
    let bars: Vec<_> = bars
        .map(|bar| (bar.date.and_time(opening).and_utc().timestamp(), bar))
        .filter(|(time, _)| period.contains(time))
        .collect();
    let column = |of: fn(&closecast_domain::Bar) -> f64| bars.iter().map(|(_, bar)| of(bar)).collect::<Vec<_>>();
    json!({"chart": {"error": null, "result": [{
        "meta": {"currency": currency, "symbol": symbol, "exchangeTimezoneName": zone},
        "timestamp": bars.iter().map(|(time, _)| *time).collect::<Vec<_>>(),
        "indicators": {
            "quote": [{
                "open": column(|bar| bar.open),
                "high": column(|bar| bar.high),
                "low": column(|bar| bar.low),
                "close": column(|bar| bar.close),
                "volume": bars.iter().map(|(_, bar)| bar.volume as u64).collect::<Vec<_>>(),
            }],
            "adjclose": [{"adjclose": column(|bar| bar.close)}],
        },
    }]}})
}
