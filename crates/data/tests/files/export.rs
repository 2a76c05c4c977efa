//! CSV export, and the test payload.

use chrono::NaiveDate;
use closecast_data::{csv, export};
use closecast_domain::{Bar, History, PriceBasis, RawBar, RawSeries};

use crate::{of, symbol};

fn history(closes: &[f64]) -> History {
    let first = NaiveDate::from_ymd_opt(2020, 1, 2).unwrap();
    let bars = closes.iter().enumerate().map(|(i, &raw_close)| Bar {
        date: first + chrono::Days::new(i as u64),
        open: raw_close * 0.5,
        high: raw_close * 0.6,
        low: raw_close * 0.4,
        close: raw_close * 0.5,
        raw_close,
        volume: 35_389_440_000.0,
    });
    History::from_checked(symbol("PETR4.SA"), None, bars.collect()).unwrap()
}

#[test]
fn write_history_uses_yahoo_format() {
    let mut text = Vec::new();
    export::write_history(&mut text, &history(&[10.0, 11.5])).unwrap();
    let expected = "Date,Open,High,Low,Close,Adj Close,Volume\n\
                    2020-01-02,10.000000,12.000000,8.000000,10.000000,5.000000,35389440000\n\
                    2020-01-03,11.500000,13.800000,9.200000,11.500000,5.750000,35389440000\n";
    assert_eq!(String::from_utf8(text).unwrap(), expected);
    assert_eq!(export::file_name(&symbol("PETR4.SA")), "PETR4.SA_data.csv");
}

fn series(basis: PriceBasis, bars: Vec<RawBar>) -> RawSeries {
    RawSeries { symbol: symbol("X"), basis, currency: None, source: "test".to_owned(), bars }
}

#[test]
fn write_series_sorts_rows_and_keeps_gaps() {
    let day = |day| NaiveDate::from_ymd_opt(2020, 1, day).unwrap();
    let bars = vec![
        RawBar { close: Some(0.000_012_345_6), ..RawBar::empty(day(3)) },
        RawBar { open: Some(1.5), close: Some(2.5), adj_close: Some(2.25), volume: Some(0.5), ..RawBar::empty(day(2)) },
    ];
    let mut text = Vec::new();
    export::write_series(&mut text, &series(PriceBasis::SplitAdjusted, bars)).unwrap();
    let expected = "Date,Open,High,Low,Close,Adj Close,Volume\n\
                    2020-01-02,1.500000,,,2.500000,2.250000,0.5\n\
                    2020-01-03,,,,0.0000123456,,\n";
    assert_eq!(String::from_utf8(text.clone()).unwrap(), expected);
    let back = csv::read(&text[..], &of("X")).unwrap();
    assert_eq!((back.dialect, back.rows()), (csv::Dialect::Yahoo, 2));
}

#[test]
fn write_series_repeats_fully_adjusted_close() {
    let bar = RawBar { close: Some(2.5), ..RawBar::empty(NaiveDate::from_ymd_opt(2020, 1, 2).unwrap()) };
    let mut text = Vec::new();
    export::write_series(&mut text, &series(PriceBasis::FullyAdjusted, vec![bar])).unwrap();
    assert!(String::from_utf8(text).unwrap().ends_with("2020-01-02,,,,2.500000,2.500000,\n"));
}

#[test]
fn test_payload_contains_newest_quoted_closes() {
    let closes: Vec<f64> = (1..=70).map(f64::from).collect();
    let payload = export::test_payload(&history(&closes), 60);
    assert_eq!((payload.values.len(), payload.values[0], payload.values[59]), (60, 11.0, 70.0));
    let json = serde_json::to_value(export::test_payload(&history(&[1.0, 2.0]), 60)).unwrap();
    assert_eq!(json, serde_json::json!({"symbol": "PETR4.SA", "as_of": "2020-01-03", "values": [1.0, 2.0]}));
}
