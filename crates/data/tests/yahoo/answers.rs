//! Classification of responses, for any status and content type.

use std::time::Duration;

use closecast_data::provider::ProviderError;
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::{
    bodies::{NEW_YORK, chart, error, result},
    server::{LATER, outcome},
};

/// Expected class of a response.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    UnknownSymbol,
    NoData,
    BadRequest,
    RateLimited,
    Blocked,
    Unavailable,
    Unreadable,
}

fn kind(error: &ProviderError) -> Kind {
    match error {
        ProviderError::UnknownSymbol { .. } => Kind::UnknownSymbol,
        ProviderError::NoData { .. } => Kind::NoData,
        ProviderError::BadRequest { .. } => Kind::BadRequest,
        ProviderError::RateLimited { .. } => Kind::RateLimited,
        ProviderError::Blocked { .. } => Kind::Blocked,
        ProviderError::Unavailable { .. } => Kind::Unavailable,
        ProviderError::Unreadable { .. } => Kind::Unreadable,
        other => panic!("not a response: {other}"),
    }
}

async fn error_of(status: u16, body: &str, content_type: &str) -> ProviderError {
    let response = ResponseTemplate::new(status).set_body_raw(body.as_bytes().to_vec(), content_type);
    outcome(response, "AAPL", LATER).await.unwrap_err()
}

#[tokio::test]
async fn json_errors_are_classified_by_text_for_any_status() {
    for (section, code, description, expected, statuses) in [
        ("chart", "Not Found", "No data found, symbol may be delisted", Kind::UnknownSymbol, [404, 200]),
        (
            "chart",
            "Not Found",
            "No data found, symbol may be disabled or not yet traded",
            Kind::UnknownSymbol,
            [404, 200],
        ),
        ("chart", "Bad Request", "Data doesn't exist for startDate = 1, endDate = 2", Kind::NoData, [400, 200]),
        ("chart", "Bad Request", "Invalid input - interval=1s is not supported.", Kind::BadRequest, [400, 200]),
        ("chart", "Unprocessable Entity", "1m data not available", Kind::BadRequest, [422, 200]),
        ("finance", "Unauthorized", "Invalid Crumb", Kind::Blocked, [401, 200]),
        ("finance", "Unauthorized", "Invalid cookie", Kind::Blocked, [401, 200]),
        ("finance", "Too Many Requests", "Rate limited. Try again.", Kind::RateLimited, [429, 200]),
        ("finance", "internal-error", "Internal server error", Kind::Unavailable, [500, 200]),
        ("chart", "teapot", "never seen before", Kind::Unreadable, [418, 200]),
    ] {
        for status in statuses {
            let body = error(section, code, description).to_string();
            for content_type in ["application/json;charset=utf-8", "text/html"] {
                let error = error_of(status, &body, content_type).await;
                assert_eq!(kind(&error), expected, "{status} {body}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn text_and_pages_are_classified_by_content_then_status() {
    let maintenance = "<!DOCTYPE html><html><body><h1>Will be right back...</h1></body></html>";
    for (status, body, expected) in [
        (429, "Too Many Requests", Kind::RateLimited),
        (429, "Edge: Too Many Requests", Kind::RateLimited),
        (429, "", Kind::RateLimited),
        (999, "<html>Unable to process request</html>", Kind::RateLimited),
        (200, "Too Many Requests\r\n", Kind::RateLimited),
        (200, "\u{feff}Edge: Too Many Requests", Kind::RateLimited),
        (200, "<html><title>Too many requests</title></html>", Kind::RateLimited),
        (200, maintenance, Kind::Unavailable),
        (503, maintenance, Kind::Unavailable),
        (200, "<!DOCTYPE html><html><body>Consent</body></html>", Kind::Unreadable),
        (502, "<html>Bad Gateway</html>", Kind::Unavailable),
        (500, "", Kind::Unavailable),
        (403, "<html>Access denied</html>", Kind::Blocked),
        (401, "", Kind::Blocked),
        (400, "what?", Kind::BadRequest),
        (404, "<html>no such page</html>", Kind::Unreadable),
        (404, "{}", Kind::Unreadable),
        (200, "", Kind::Unreadable),
        (200, "Date,Open,High\n", Kind::Unreadable),
        (200, "{\"chart\":{\"result\":[{\"meta\":{}", Kind::Unreadable),
        (200, "{\"chart\":{\"result\":[],\"error\":null}}", Kind::Unreadable),
        (200, "{\"chart\":{\"result\":null,\"error\":null}}", Kind::Unreadable),
        (200, "[1,2,3]", Kind::Unreadable),
        (200, "null", Kind::Unreadable),
        (204, "", Kind::Unreadable),
    ] {
        let error = error_of(status, body, "application/json").await;
        assert_eq!(kind(&error), expected, "{status} {body:?}: {error}");
    }
}

#[tokio::test]
async fn chart_with_error_status_is_rejected() {
    let body = chart(NEW_YORK, "USD", &["2024-03-08T14:30:00Z"]).to_string();
    assert_eq!(kind(&error_of(500, &body, "application/json").await), Kind::Unavailable);
}

#[tokio::test]
async fn valid_symbol_without_session_is_no_data() {
    let empty = json!({"chart": {"result": [{
        "meta": {"symbol": "^DJI"}, "indicators": {"quote": [{}], "adjclose": [{}]}
    }], "error": null}});
    let message = error_of(200, &empty.to_string(), "application/json").await;
    assert_eq!(kind(&message), Kind::NoData);
    assert_eq!(
        message.to_string(),
        "AAPL has no session from 2020-01-01 to 2025-12-30: request other dates, or omit the start date"
    );
    let mut stray = chart(NEW_YORK, "USD", &["2024-03-08T14:30:00Z"]);
    result(&mut stray).as_object_mut().unwrap().remove("timestamp");
    assert_eq!(
        kind(&error_of(200, &stray.to_string(), "application/json").await),
        Kind::NoData,
        "quotes without a time"
    );
}

#[tokio::test]
async fn retry_after_is_parsed_as_seconds_or_date() {
    for (value, expected) in [
        ("17", Some(Duration::from_secs(17))),
        ("Mon, 05 Jan 2026 12:00:45 GMT", Some(Duration::from_secs(45))),
        ("soon", None),
    ] {
        for status in [429, 503] {
            let response = ResponseTemplate::new(status).insert_header("Retry-After", value).set_body_string("no");
            let error = outcome(response, "AAPL", "2026-01-05T12:00:00Z").await.unwrap_err();
            assert_eq!(error.retry_after(), expected, "{status} {value}");
        }
    }
}

#[tokio::test]
async fn excerpts_are_short_and_printable() {
    let body = format!("<html>\u{1b}[31m\n\n  <body>{}", "é".repeat(5000));
    let ProviderError::Unreadable { what, excerpt } = error_of(200, &body, "text/html").await else {
        panic!("another error");
    };
    assert_eq!(what, "an HTML page");
    assert!(excerpt.chars().count() <= 121 && excerpt.ends_with("é…"), "{excerpt}");
    assert!(excerpt.chars().all(|c| !c.is_control()), "{excerpt:?}");
}
