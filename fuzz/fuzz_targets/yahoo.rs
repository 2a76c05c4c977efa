//! Any body → Yahoo's reader, under several statuses; the beginning of the body is the header `Retry-After` too.

#![no_main]

use std::time::Duration;

use chrono::{DateTime, NaiveDate};
use closecast_data::{
    provider::{FetchRange, ProviderError},
    yahoo::{RawResponse, read},
};
use closecast_domain::{RawSeries, Symbol};
use closecast_fuzz::{accepted, json};
use closecast_testkit::random::SplitMix64;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| {
    for (name, status) in [("AAPL", 200), ("PETR4.SA", 200), ("4063.T", 404), ("BTC-USD", 429)] {
        let (Ok(symbol), range) = (Symbol::new(name), FetchRange::new(date(1970), date(2100))) else { return };
        let result = ask(&symbol, range, status, data);
        assert_eq!(result, ask(&symbol, range, status, data), "read twice");
        match result {
            Ok(series) => assert_is_asked_for(&series, &symbol, range),
            Err(error) => assert_is_message(&error),
        }
    }
});

fn date(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default()
}

fn ask(symbol: &Symbol, range: FetchRange, status: u16, body: &[u8]) -> Result<RawSeries, ProviderError> {
    let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let retry_after = std::str::from_utf8(line).ok();
    let now = DateTime::from_timestamp(1_710_000_000, 0).unwrap_or_default();
    read(symbol, range, &RawResponse { status, retry_after, body, now }, Duration::from_secs(1800))
}

fn assert_is_asked_for(series: &RawSeries, symbol: &Symbol, range: FetchRange) {
    assert_eq!(&series.symbol, symbol);
    assert!(series.bars.iter().all(|bar| range.contains(bar.date)), "a date that was not asked for");
    accepted::assert_is_delivered(series);
    accepted::assert_checks(series, Some(date(2024)));
    accepted::assert_checks(series, None);
}

fn assert_is_message(error: &ProviderError) {
    accepted::assert_is_message(&error.to_string());
    let longest = Duration::from_secs(24 * 60 * 60);
    assert!(error.retry_after().is_none_or(|wait| wait <= longest), "{error:?}");
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = SplitMix64::new(u64::from(seed));
    let structured = random.next_u64() % 2 == 0;
    let changed = structured.then(|| json::mutated(&data[..size], max_size, &mut random)).flatten();
    let Some(changed) = changed else { return fuzzer_mutate(data, size, max_size) };
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
