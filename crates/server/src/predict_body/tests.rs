use proptest::prelude::*;

use super::*;

fn window(text: &str) -> Window {
    match parse(text.as_bytes()) {
        Ok(PredictBody::Window(window)) => window,
        other => unreachable!("{text}: {other:?}"),
    }
}

#[test]
fn a_window_is_read_under_each_of_its_names_and_shapes() {
    let closes = |text: &str| window(text).rows.iter().map(|row| row.close).collect::<Vec<_>>();
    for name in WINDOW_FIELDS {
        assert_eq!(closes(&format!("{{\"{name}\": [1, 2.5]}}")), [1.0, 2.5], "{name}");
    }
    for body in ["[1, 2.5]", "[[1], [2.5]]", "[[1, 2.5]]", "[[[1], [2.5]]]", r#"[{"Close": 1}, {"close": 2.5}]"#] {
        assert_eq!(closes(body), [1.0, 2.5], "{body}");
    }
    assert_eq!(closes("[3]"), [3.0]);
}

#[test]
fn a_record_of_yahoos_is_read_whole() {
    let body = r#"{"symbol": "dis", "model_name": "m", "data": [{"Date": "2024-01-02T00:00:00-05:00", "Open": 1.0, "High": 3,
        "Low": 0.5, "Close": 2, "Adj Close": 1.9, "Volume": 10, "Dividends": 0.1, "Stock Splits": 0.0, "Capital Gains": 0.0}]}"#;
    let window = window(body);
    let expected = WindowRow {
        date: NaiveDate::from_ymd_opt(2024, 1, 2),
        open: Some(1.0),
        high: Some(3.0),
        low: Some(0.5),
        close: 2.0,
        adj_close: Some(1.9),
        volume: Some(10.0),
        dividend: 0.1,
        split: 1.0,
    };
    assert_eq!(window.rows, [expected]);
    assert_eq!((window.symbol.unwrap().as_str(), window.model.as_deref()), ("DIS", Some("m")));
}

#[test]
fn the_body_that_export_writes_is_read() {
    let window = window(r#"{"symbol": "AAPL", "as_of": "2013-03-01", "values": [508.9, 430.47]}"#);
    assert_eq!((window.as_of, window.rows.len()), (NaiveDate::from_ymd_opt(2013, 3, 1), 2));
}

#[test]
fn the_body_without_prices_names_a_symbol() {
    let body = br#"{"model_name": "disney_v1", "symbol": "DIS", "lookback_days": 60}"#;
    let symbol = Symbol::new("DIS").unwrap();
    let expected = PredictBody::Stored { symbol, model: Some("disney_v1".to_owned()), lookback_days: Some(60) };
    assert_eq!(parse(body), Ok(expected));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (body, told) in [
        ("", "body: "),
        ("7", "body: send an object"),
        ("{}", "body: send prices"),
        ("[]", "body: is empty"),
        (r#"{"values": []}"#, "values: is empty"),
        (r#"{"values": 7}"#, "values: must be an array"),
        (r#"{"values": [1, 0]}"#, "values[1]: is 0"),
        (r#"{"values": [1, -2]}"#, "values[1]: is -2"),
        (r#"{"values": [1, NaN]}"#, "values[1]: is no finite number"),
        (r#"{"values": [1, -Infinity], "symbol": "NaN\"A"}"#, "symbol: "),
        (r#"{"values": [1e999]}"#, "body: number out of range"),
        (r#"{"values": [1, "2"]}"#, "values[1]: is a text"),
        (r#"{"values": [1, true]}"#, "values[1]: is true or false"),
        (r#"{"values": [1e-320]}"#, "values[0]: is 0.0"),
        (r#"{"values": [[1, 2], [3, 4]]}"#, "values[0]: has 2 columns"),
        (r#"{"values": [{"open": 1}]}"#, "values[0].close: is missing"),
        (r#"{"values": [{"close": 1, "volume": -1}]}"#, "values[0].volume: is -1"),
        (r#"{"values": [{"close": 1, "date": "x"}]}"#, "values[0].date: is no date"),
        (r#"{"values": [{"close": 1, "date": "2024-01-02"}, 3]}"#, "values[1].date: is missing"),
        (r#"{"values": [1], "prices": [1]}"#, "prices: the prices are in values"),
        (r#"{"values": [1], "dates": ["2024-01-02", "2024-01-03"]}"#, "dates: has 2 entries"),
        (r#"{"values": [1], "as_of": "2024-02-30"}"#, "as_of: is no date"),
        (r#"{"values": [1], "dates": ["2024-01-02"], "as_of": "2024-01-03"}"#, "as_of: is 2024-01-03, but the newest"),
        (r#"{"values": [1], "lookbakc": 1}"#, "lookbakc: is no field"),
        (r#"{"symbol": "../x", "values": [1]}"#, "symbol: "),
        (r#"{"symbol": 7}"#, "symbol: must be a text"),
        (r#"{"symbol": "A", "lookback_days": 0}"#, "lookback_days: must be"),
        (r#"{"symbol": "A", "lookback_days": 1.5}"#, "lookback_days: must be"),
        (r#"{"symbol": "A", "model": "a", "model_name": "b"}"#, "model: differs"),
        (r#"{"symbol": "A", "model": ""}"#, "model_name: must have"),
    ] {
        let error = parse(body.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(told), "{body}: {error}");
    }
    assert!(parse(&[b'['; 5000]).is_err());
    let many = format!("[{}1]", "1,".repeat(MOST_ROWS));
    assert!(parse(many.as_bytes()).unwrap_err().to_string().contains("at most 20000"));
}

proptest! {
    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _either = parse(&body);
    }

    #[test]
    fn no_json_panics_and_what_is_read_is_positive(
        body in r#"\{"(values|data|symbol|dates|as_of|model)": ?(\[((-?[0-9]{1,3}(\.[0-9])?|null|NaN|"é"|\[1\]|\{"close": ?[0-9é"]{1,4}\}),?){0,4}\]|"[A-Z0-9é\-]{0,12}"|[0-9]{1,3})\}"#
    ) {
        if let Ok(PredictBody::Window(window)) = parse(body.as_bytes()) {
            prop_assert!(window.rows.iter().all(|row| row.close > 0.0 && row.close.is_finite()));
        }
    }

    #[test]
    fn no_date_panics(text in "[0-9T é:-]{0,14}") {
        let _either = row::date("date", &text);
    }
}
