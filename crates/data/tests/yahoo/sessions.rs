//! Bars on the right dates, complete and unchanged.

use closecast_data::provider::{Provider, ProviderError};
use closecast_domain::{PriceBasis, RawBar, RawSeries};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::{
    bodies::{NEW_YORK, SAO_PAULO, chart, result, unix, with_hours},
    server::{self, LATER, outcome, provider, range, serving, settings},
};

fn dates(series: &RawSeries) -> Vec<String> {
    series.bars.iter().map(|bar| bar.date.to_string()).collect()
}

async fn unreadable(body: &serde_json::Value) -> String {
    match server::chart(body, "AAPL").await {
        Err(ProviderError::Unreadable { what, .. }) => what,
        other => panic!("must not be read: {other:?}"),
    }
}

#[tokio::test]
async fn bar_has_all_fields() {
    let series = server::chart(&chart(NEW_YORK, "USD", &["2024-03-08T14:30:00Z"]), "AAPL").await.unwrap();
    assert_eq!(series.symbol.as_str(), "AAPL");
    assert_eq!((series.basis, series.source.as_str()), (PriceBasis::SplitAdjusted, "yahoo"));
    assert_eq!(series.currency.as_deref(), Some("USD"));
    let expected = RawBar {
        open: Some(10.0),
        high: Some(11.0),
        low: Some(9.0),
        close: Some(10.5),
        adj_close: Some(10.25),
        volume: Some(1000.0),
        ..RawBar::empty("2024-03-08".parse().unwrap())
    };
    assert_eq!(series.bars, [expected]);
}

#[tokio::test]
async fn dates_are_in_exchange_time_zone_across_dst() {
    for (zone, symbol, instants, expected) in [
        // Daylight saving time started on 2024-03-10: the open moves from 14:30Z to 13:30Z.
        (NEW_YORK, "AAPL", ["2024-03-08T14:30:00Z", "2024-03-11T13:30:00Z"], ["2024-03-08", "2024-03-11"]),
        // The last year of daylight saving time in Brazil.
        (SAO_PAULO, "PETR4.SA", ["2018-11-01T13:00:00Z", "2024-03-11T13:00:00Z"], ["", "2024-03-11"]),
        // After hours in New York the date in UTC is that of the next day.
        (NEW_YORK, "AAPL", ["2024-03-08T14:30:00Z", "2024-03-12T00:30:00Z"], ["2024-03-08", "2024-03-11"]),
        // Tokyo opens at midnight UTC, Sydney in summer and London's currencies in summer the day before.
        ("Asia/Tokyo", "7203.T", ["2024-03-08T00:00:00Z", "2024-03-10T23:59:00Z"], ["2024-03-08", "2024-03-11"]),
        ("Australia/Sydney", "BHP.AX", ["2024-01-07T23:00:00Z", "2024-07-08T00:00:00Z"], ["2024-01-08", "2024-07-08"]),
        ("Europe/London", "EURUSD=X", ["2024-01-08T00:00:00Z", "2024-07-07T23:00:00Z"], ["2024-01-08", "2024-07-08"]),
    ] {
        let series = server::chart(&chart(zone, "USD", &instants), symbol).await.unwrap();
        let expected = expected.into_iter().filter(|date| !date.is_empty()).collect::<Vec<_>>();
        assert_eq!(dates(&series), expected, "{zone}");
    }
}

#[tokio::test]
async fn request_has_browser_headers_and_range_is_applied() {
    let instants = ["2024-03-07T00:00:00Z", "2024-03-08T00:00:00Z", "2024-03-11T00:00:00Z"];
    let server = serving(ResponseTemplate::new(200).set_body_json(chart("Asia/Tokyo", "JPY", &instants))).await;
    let provider = provider(settings(&[&server.uri()]), LATER);
    let series = provider.fetch(&"7203.T".parse().unwrap(), range("2024-03-08", "2024-03-11")).await.unwrap();
    assert_eq!(dates(&series), ["2024-03-08"]);
    let requests = server.received_requests().await.unwrap();
    let request = &requests[0];
    assert!(request.headers["user-agent"].to_str().unwrap().starts_with("Mozilla/5.0"));
    assert_eq!(request.url.path(), "/v8/finance/chart/7203.T");
    let query = request.url.query().unwrap();
    let expected = format!("period1={}&period2={}&", unix("2024-03-07T00:00:00Z"), unix("2024-03-12T00:00:00Z"));
    assert!(query.starts_with(&expected) && query.contains("interval=1d"), "{query}");
    assert!(query.contains("events=div%2Csplits"), "{query}");
}

#[tokio::test]
async fn rows_of_null_are_delivered() {
    let mut body = chart(NEW_YORK, "USD", &["2024-03-07T14:30:00Z", "2024-03-08T14:30:00Z"]);
    let indicators = &mut result(&mut body)["indicators"];
    for name in ["open", "high", "low", "close", "volume"] {
        indicators["quote"][0][name][0] = json!(null);
    }
    indicators["adjclose"][0]["adjclose"][0] = json!(null);
    let series = server::chart(&body, "AAPL").await.unwrap();
    assert_eq!(series.bars[0], RawBar::empty("2024-03-07".parse().unwrap()));
    assert_eq!(series.bars[1].close, Some(11.5));
}

#[tokio::test]
async fn currency_codes_are_not_changed() {
    for (zone, currency, symbol) in [(SAO_PAULO, "BRL", "PETR4.SA"), ("Europe/London", "GBp", "OCDO.L")] {
        let series = server::chart(&chart(zone, currency, &["2024-03-08T13:00:00Z"]), symbol).await.unwrap();
        assert_eq!(series.currency.as_deref(), Some(currency));
    }
}

#[tokio::test]
async fn adjusted_closes_and_volumes_may_be_absent() {
    let mut body = chart(NEW_YORK, "USD", &["2024-03-08T14:30:00Z"]);
    let indicators = result(&mut body)["indicators"].as_object_mut().unwrap();
    indicators.remove("adjclose");
    indicators["quote"][0].as_object_mut().unwrap().remove("volume");
    let series = server::chart(&body, "AAPL").await.unwrap();
    assert_eq!((series.bars[0].adj_close, series.bars[0].volume, series.bars[0].close), (None, None, Some(10.5)));
}

#[tokio::test]
async fn arrays_of_unequal_length_are_rejected_by_name() {
    for name in ["open", "high", "low", "close", "volume", "adjclose"] {
        for longer in [true, false] {
            let mut body = chart(NEW_YORK, "USD", &["2024-03-07T14:30:00Z", "2024-03-08T14:30:00Z"]);
            let indicators = &mut result(&mut body)["indicators"];
            let parent = if name == "adjclose" { &mut indicators["adjclose"] } else { &mut indicators["quote"] };
            let array = parent[0][name].as_array_mut().unwrap();
            if longer {
                array.push(json!(1.0));
            } else {
                array.pop();
            }
            let what = unreadable(&body).await;
            assert_eq!(what, format!("{} values in {name:?} for 2 timestamps", if longer { 3 } else { 1 }));
        }
    }
    let mut body = chart(NEW_YORK, "USD", &["2024-03-07T14:30:00Z"]);
    result(&mut body)["indicators"]["quote"][0] = json!({});
    assert_eq!(unreadable(&body).await, "no \"close\" for 1 timestamps");
}

#[tokio::test]
async fn charts_with_ambiguous_dates_are_rejected() {
    let plain = || chart(NEW_YORK, "USD", &["2024-03-07T14:30:00Z"]);
    for (key, value, expected) in [
        ("exchangeTimezoneName", json!("Mars/Olympus"), "the unknown time zone \"Mars/Olympus\""),
        ("exchangeTimezoneName", json!(null), "a chart without \"exchangeTimezoneName\""),
        ("dataGranularity", json!("1mo"), "bars of \"1mo\" instead of \"1d\""),
    ] {
        let mut body = plain();
        result(&mut body)["meta"][key] = value;
        assert_eq!(unreadable(&body).await, expected);
    }
    let mut body = plain();
    result(&mut body)["timestamp"][0] = json!(i64::MAX);
    assert_eq!(unreadable(&body).await, "the impossible time 9223372036854775807");
}

#[tokio::test]
async fn dividends_and_splits_are_assigned_to_their_sessions() {
    let instants = ["2024-06-06T13:30:00Z", "2024-06-07T13:30:00Z", "2024-06-10T13:30:00Z", "2024-06-11T13:30:00Z"];
    let mut body = chart(NEW_YORK, "USD", &instants);
    let saturday = unix("2024-06-08T13:30:00Z");
    let (monday, tuesday) = (unix(instants[2]), unix(instants[3]));
    result(&mut body)["events"] = json!({
        "dividends": {
            // With quarterly bars the key is not the date; with daily ones it must not matter.
            "1": {"amount": 0.01, "date": tuesday},
            "2": {"amount": 0.02, "date": tuesday},
            "3": {"amount": 0.5, "date": saturday},
            "4": {"amount": 9.0, "date": unix("2024-06-05T13:30:00Z")},
            "5": {"amount": 9.0, "date": unix("2024-06-12T13:30:00Z")},
        },
        "capitalGains": {"1": {"amount": 1.0, "date": monday}},
        "splits": {
            "1": {"date": monday, "numerator": 10, "denominator": 1, "splitRatio": "10:1"},
            "2": {"date": tuesday, "numerator": 1, "denominator": 4, "splitRatio": "1:4"},
        },
    });
    let series = server::chart(&body, "NVDA").await.unwrap();
    let events = series.bars.iter().map(|bar| (bar.dividend, bar.split)).collect::<Vec<_>>();
    assert_eq!(events, [(0.0, 1.0), (0.0, 1.0), (1.5, 10.0), (0.03, 0.25)]);
}

#[tokio::test]
async fn impossible_splits_are_rejected() {
    for (numerator, denominator) in [(4.0, 0.0), (0.0, 4.0), (-4.0, 1.0), (0.0, 0.0), (1e-300, 1e300)] {
        let mut body = chart(NEW_YORK, "USD", &["2024-03-07T14:30:00Z"]);
        let split = json!({"date": unix("2024-03-07T14:30:00Z"), "numerator": numerator, "denominator": denominator});
        result(&mut body)["events"] = json!({"splits": {"1": split}});
        assert!(unreadable(&body).await.starts_with("a split of "));
    }
}

/// Yesterday's session and today's, with today's trading hours, as fetched at `now`; whether each bar is live.
async fn live_at(now: &str, last: &str) -> Vec<bool> {
    let body = chart(NEW_YORK, "USD", &["2024-03-07T14:30:00Z", last]);
    let body = with_hours(body, "2024-03-08T14:30:00Z", "2024-03-08T21:00:00Z");
    let series = outcome(ResponseTemplate::new(200).set_body_json(body), "AAPL", now).await.unwrap();
    assert_eq!(dates(&series)[1], "2024-03-08");
    series.bars.iter().map(|bar| bar.live).collect()
}

#[tokio::test]
async fn bar_of_today_is_live_until_half_an_hour_after_close() {
    let (opening, last_trade) = ("2024-03-08T14:30:00Z", "2024-03-08T18:12:45Z");
    for (now, last, live) in [
        ("2024-03-08T18:12:50Z", opening, true),
        ("2024-03-08T18:12:50Z", last_trade, true),
        ("2024-03-08T21:00:01Z", "2024-03-08T21:00:01Z", true),
        ("2024-03-08T21:29:59Z", opening, true),
        ("2024-03-08T21:30:00Z", opening, false),
        ("2024-03-08T21:30:00Z", "2024-03-08T21:00:01Z", false),
        ("2024-03-09T12:00:00Z", opening, false),
    ] {
        assert_eq!(live_at(now, last).await, [false, live], "{last} at {now}");
    }
}

#[tokio::test]
async fn shortened_session_settles_by_its_own_hours() {
    let body = chart(NEW_YORK, "USD", &["2024-03-08T14:30:00Z"]);
    let body = with_hours(body, "2024-03-08T14:30:00Z", "2024-03-08T17:00:00Z");
    for (now, live) in [("2024-03-08T17:29:59Z", true), ("2024-03-08T17:30:00Z", false)] {
        let series = outcome(ResponseTemplate::new(200).set_body_json(&body), "AAPL", now).await.unwrap();
        assert_eq!(series.bars[0].live, live, "{now}");
    }
}

#[tokio::test]
async fn session_and_its_live_duplicate_are_both_delivered() {
    let body = chart(NEW_YORK, "USD", &["2024-03-08T14:30:00Z", "2024-03-08T18:12:45Z"]);
    let body = with_hours(body, "2024-03-08T14:30:00Z", "2024-03-08T21:00:00Z");
    let response = ResponseTemplate::new(200).set_body_json(body);
    let series = outcome(response, "AAPL", "2024-03-08T18:13:00Z").await.unwrap();
    assert_eq!(dates(&series), ["2024-03-08", "2024-03-08"]);
    assert!(series.bars.iter().all(|bar| bar.live));
}

#[tokio::test]
async fn close_follows_calendar_when_trading_hours_are_missing() {
    // B3 closes its cash market between 17:00 and 18:00 of São Paulo, 20:00Z and 21:00Z.
    for (zone, symbol, now, live) in [
        (NEW_YORK, "AAPL", "2024-03-08T20:59:00Z", true),
        (NEW_YORK, "AAPL", "2024-03-08T22:00:00Z", false),
        (SAO_PAULO, "PETR4.SA", "2024-03-08T19:30:00Z", true),
        (SAO_PAULO, "PETR4.SA", "2024-03-08T22:00:00Z", false),
        ("Asia/Tokyo", "7203.T", "2024-03-08T05:00:00Z", true),
        ("Asia/Tokyo", "7203.T", "2024-03-08T16:00:00Z", false),
    ] {
        let opening = if zone == "Asia/Tokyo" { "2024-03-08T00:00:00Z" } else { "2024-03-08T14:30:00Z" };
        let response = ResponseTemplate::new(200).set_body_json(chart(zone, "USD", &[opening]));
        let series = outcome(response, symbol, now).await.unwrap();
        assert_eq!((dates(&series)[0].as_str(), series.bars[0].live), ("2024-03-08", live), "{symbol} at {now}");
    }
}

#[tokio::test]
async fn trading_hours_of_next_session_do_not_apply_to_last_one() {
    let body = chart(NEW_YORK, "USD", &["2024-03-08T14:30:00Z"]);
    let body = with_hours(body, "2024-03-11T13:30:00Z", "2024-03-11T20:00:00Z");
    let response = ResponseTemplate::new(200).set_body_json(body);
    assert!(!outcome(response, "AAPL", "2024-03-09T03:00:00Z").await.unwrap().bars[0].live);
}
