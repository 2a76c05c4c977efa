//! Memory of each parser for hostile input: bounded by a small multiple of the input, or by the limits of an import.
//!
//! | input | maximum memory |
//! |---|---|
//! | CSV with ordinary rows | 8 bytes per byte |
//! | CSV with very short rows | 320 bytes per row, up to `Limits::rows` |
//! | CSV with a new symbol in each row, in each column or in each spelling | 24 MB, for any length: `Limits::symbols` |
//! | CSV with one long line, a wide header, unreadable rows | 24 MB, for any length |
//! | COTAHIST | 4 bytes per byte |
//! | a response of Yahoo | 24 bytes per byte |

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::{fmt::Write as _, time::Duration};

use chrono::{NaiveDate, TimeDelta, Utc};
use closecast_data::{
    import::{self, Import, ImportError, ImportOptions, Limits},
    provider::FetchRange,
    yahoo::{self, RawResponse},
};
use closecast_domain::{History, Symbol};

/// Memory for any input: the head, buffers, the layout.
const FIXED: u64 = 1 << 20;
const ABSOLUTE: u64 = 24_000_000;

/// Reads the text, and returns the peak memory and the result.
fn peak(text: &[u8], options: &ImportOptions) -> (u64, Result<Import, ImportError>) {
    let mut read = None;
    let taken = allocation_counter::measure(|| read = Some(import::read(text, options)));
    (taken.bytes_max, read.unwrap())
}

fn file(header: &str, rows: usize, row: impl Fn(usize) -> String) -> Vec<u8> {
    let mut text = format!("{header}\n");
    (0..rows).for_each(|number| writeln!(text, "{}", row(number)).unwrap());
    text.into_bytes()
}

fn day(number: usize) -> NaiveDate {
    NaiveDate::from_ymd_opt(1900, 1, 1).unwrap() + TimeDelta::days((number % 40_000) as i64)
}

fn symbol(number: usize) -> String {
    format!("S{number:06}")
}

fn of_one() -> ImportOptions {
    ImportOptions::for_symbol(Symbol::new("AAPL").unwrap())
}

#[test]
fn csv_of_ordinary_rows_takes_a_small_multiple_of_its_length() {
    let text = file("Date,Open,High,Low,Close,Adj Close,Volume", 40_000, |number| {
        format!("{},100.250000,101.500000,99.750000,100.875000,98.125000,34454120", day(number))
    });
    let (bytes, read) = peak(&text, &of_one());
    assert_eq!(read.unwrap().rows(), 40_000);
    assert!(bytes <= 8 * text.len() as u64 + FIXED, "{bytes} for {}", text.len());
}

#[test]
fn csv_of_tiny_rows_is_bounded_by_the_limit_of_rows() {
    let text = file("Date,Close", 200_000, |number| format!("{},1", day(number).format("%Y%m%d")));
    for rows in [1_000, 30_000] {
        let options = ImportOptions { limits: Limits { rows, ..Limits::default() }, ..of_one() };
        let (bytes, read) = peak(&text, &options);
        assert!(matches!(read, Err(ImportError::TooManyRows { limit }) if limit == rows));
        assert!(bytes <= 320 * rows as u64 + FIXED, "{bytes} for {rows} rows");
    }
}

#[test]
fn csv_stops_at_symbol_limit_while_streaming() {
    let text = file("Symbol,Date,Close", 150_000, |number| format!("{},2020-01-02,1", symbol(number)));
    let (bytes, read) = peak(&text, &ImportOptions::default());
    assert!(matches!(read, Err(ImportError::TooManySymbols { limit: 5_000 })));
    assert!(bytes <= ABSOLUTE, "{bytes}");
    // The stream is not read to its end.
    let endless = std::io::Read::chain(&text[..], std::io::repeat(b'x'));
    assert!(matches!(import::read(endless, &ImportOptions::default()), Err(ImportError::TooManySymbols { .. })));
}

#[test]
fn csv_of_unwanted_symbols_takes_bounded_memory() {
    let text = file("Symbol,Date,Close", 150_000, |number| format!("{},2020-01-02,1", symbol(number)));
    let (bytes, read) = peak(&text, &of_one());
    assert!(matches!(read, Err(ImportError::TooManySymbols { limit: 100_000 })), "{read:?}");
    assert!(bytes <= 2 * ABSOLUTE, "{bytes}");
}

#[test]
fn csv_of_symbols_side_by_side_is_bounded_by_the_limit_of_symbols() {
    let labels = (0..6_000).map(|number| format!("Q{number}.Close")).collect::<Vec<_>>().join(",");
    let text = file(&format!("Date,{}", labels.get(..60_000).unwrap_or(&labels)), 3, |number| {
        format!("{}{}", day(number), ",1".repeat(5_100))
    });
    let (bytes, read) = peak(&text, &ImportOptions::default());
    assert!(read.is_err(), "{read:?}");
    assert!(bytes <= ABSOLUTE, "{bytes}");
}

#[test]
fn csv_of_one_symbol_in_many_spellings_takes_bounded_memory() {
    let spelling = |number: usize| {
        let cased = |(place, c): (usize, char)| if number >> place & 1 == 1 { c.to_ascii_lowercase() } else { c };
        "ABCDEFGHIJKLMNOPQ".chars().enumerate().map(cased).collect::<String>()
    };
    let text = file("Symbol,Date,Close", 100_000, |number| format!("{},{},1", spelling(number), day(number)));
    let options = ImportOptions { limits: Limits { rows: 1_000_000, ..Limits::default() }, ..ImportOptions::default() };
    let (bytes, read) = peak(&text, &options);
    assert_eq!(read.unwrap().series.len(), 1);
    assert!(bytes <= 320 * 100_000 + ABSOLUTE, "{bytes}");
}

#[test]
fn csv_of_hostile_shape_takes_bounded_memory() {
    let header = "Date,Open,High,Low,Close,Volume";
    let wide = |cell: &str| cell.repeat(64_000 / cell.len());
    let quoted = format!("\"{}", wide("a\"\""));
    for (what, text) in [
        ("one line", wide("x").repeat(100).into_bytes()),
        ("one line of cells", wide(",").repeat(100).into_bytes()),
        ("a wide header", file(&format!("Date,Close{}", wide(",c")), 100, |n| format!("{},1{}", day(n), wide(",1")))),
        ("wide header lines", file(&wide(","), 60, |_| wide(","))),
        ("wide rows", file(header, 90, |_| wide(","))),
        ("unreadable rows", file(header, 100_000, |n| format!("{n},x,y"))),
        ("a message of many lines", file(header, 90, |_| format!("{{\"message\": \"{}\"", wide("m")))),
        ("open quotes", file(header, 90, |_| quoted.clone())),
        ("UTF-16", [&b"\xff\xfe"[..], &b"1\0,\0".repeat(1_000_000)].concat()),
        ("Windows-1252", [b"Date,Close\n", &b"\x80\x80\x80,\n"[..].repeat(500_000)[..]].concat()),
    ] {
        let (bytes, read) = peak(&text, &of_one());
        assert!(read.is_err() || read.unwrap().rows() < 1000, "{what}");
        assert!(bytes <= ABSOLUTE, "{what}: {bytes} for {}", text.len());
    }
}

/// A record of the round-lot cash market.
fn record(ticker: &str) -> String {
    let mut record = format!("01202401020{}{ticker:<12}010", "2");
    record = format!("{record:<56}{:013}{:013}{:013}{:013}{:013}", 1000, 1100, 900, 1000, 1050);
    record = format!("{record:<152}{:018}", 1_000_000);
    record = format!("{record:<210}{:07}", 1);
    format!("{record:<242}123")
}

#[test]
fn cotahist_takes_bounded_memory_and_stops_at_symbol_limit() {
    let text = file("00COTAHIST.2024BOVESPA 20240102", 20_000, |_| record("PETR4"));
    let (bytes, read) = peak(&text, &ImportOptions::default());
    assert_eq!(read.unwrap().rows(), 20_000);
    assert!(bytes <= 4 * text.len() as u64 + 2 * FIXED, "{bytes} for {}", text.len());
    let text = file("00COTAHIST.2024BOVESPA 20240102", 20_000, |number| record(&format!("A{number}")));
    let (bytes, read) = peak(&text, &ImportOptions::default());
    assert!(matches!(read, Err(ImportError::TooManySymbols { limit: 5_000 })), "{read:?}");
    assert!(bytes <= ABSOLUTE, "{bytes}");
}

#[test]
fn yahoo_response_takes_a_small_multiple_of_its_length() {
    let many = |piece: &str| piece.repeat(2_000_000 / piece.len());
    let range = FetchRange { start: day(0), end: day(39_999) };
    for body in [
        format!("{{\"chart\":{{\"result\":[{}{{}}]}}}}", many("{},")),
        format!("{{\"chart\":{{\"result\":[{{\"indicators\":{{\"quote\":[{}{{}}]}}}}]}}}}", many("{},")),
        format!("{{\"chart\":{{\"result\":[{{\"indicators\":{{\"adjclose\":[{}{{}}]}}}}]}}}}", many("{},")),
        format!("{{\"chart\":{{\"result\":[{{\"timestamp\":[{}0]}}]}}}}", many("0,")),
        format!("{{\"chart\":{{\"result\":[{{\"indicators\":{{\"quote\":[{{\"close\":[{}0]}}]}}}}]}}}}", many("0,")),
        format!("{{\"chart\":{{\"error\":[{}0]}}}}", many("[],")),
        format!("{{\"chart\":{{\"error\":{{\"code\":[{}0]}}}}}}", many("{\"\":0},")),
        format!("{{\"chart\":{{\"error\":\"{}\"}}}}", many("x")),
        format!("{{\"{}\":0}}", many("x")),
        format!("{}0", many("[")),
        many("<"),
    ] {
        let symbol = Symbol::new("AAPL").unwrap();
        #[expect(clippy::disallowed_methods, reason = "any moment will do")]
        let now = Utc::now();
        let received = RawResponse { status: 200, retry_after: None, body: body.as_bytes(), now };
        let read = || drop(yahoo::read(&symbol, range, &received, Duration::ZERO));
        let bytes = allocation_counter::measure(read).bytes_max;
        assert!(bytes <= 24 * body.len() as u64 + FIXED, "{:.60}: {bytes} for {}", body, body.len());
    }
}

/// Reads the text and checks its series one by one, as an import does, and returns the peak memory per row.
fn peak_per_row(text: &[u8]) -> u64 {
    let mut rows = 0;
    let taken = allocation_counter::measure(|| {
        let file = import::read(text, &of_one()).unwrap();
        rows = file.rows() as u64;
        for series in &file.series {
            let (history, report) = History::check(series.clone(), None).unwrap();
            assert!(!history.is_empty() && report.rows_delivered > 0);
        }
    });
    taken.bytes_max.saturating_sub(FIXED) / rows.max(1)
}

/// Ordinary rows take 400. The memory of an import is divided by this figure: `PER_IMPORTED_ROW` in `crates/closecast/src/memory/plan.rs`.
#[test]
fn row_takes_at_most_480_bytes_from_the_parser_to_the_check_of_its_history() {
    // A little more than a power of two: growing buffers have just been copied.
    const ROWS: usize = 33_000;
    let header = "Date,Open,High,Low,Close,Adj Close,Volume";
    let usual = |number: usize| format!("{},100.25,101.5,99.75,100.875,98.125,34454120", day(number));
    let every_other = |number: usize, row: &str| match number % 2 {
        0 => usual(number),
        _ => format!("{},{row}", day(number)),
    };
    for (what, text) in [
        ("ordinary rows", file(header, ROWS, usual)),
        ("each day twice", file(header, ROWS, |number| usual(number / 2))),
        ("out of order", file(header, ROWS, |number| usual(number * 7919 % 40_000))),
        ("no price every other day", file(header, ROWS, |number| every_other(number, ",,,,,"))),
        ("impossible prices every other day", file(header, ROWS, |number| every_other(number, "-1,90,120,100,,-5"))),
    ] {
        let bytes = peak_per_row(&text);
        assert!(bytes <= 480, "{what}: {bytes}");
    }
}
