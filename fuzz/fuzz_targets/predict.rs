//! Any bytes → the body of `POST /predict`, and what it asks for → a forecast from the prices sent.

#![no_main]

use std::{iter::successors, sync::LazyLock};

use chrono::{Datelike, NaiveDate};
use closecast_domain::{
    Cancel, Exchange, Forecaster, History, NoProgress, Predict, PriceBasis, RawBar, RawSeries, Symbol, TradingCalendar,
};
use closecast_fuzz::{accepted, json};
use closecast_model::{BaseForecaster, BaseSpec, LstmForecaster, ModelSpec, TrainedModel};
use closecast_server::predict_body::{PredictBody, Window, parse};
use closecast_testkit::{histories::random_walk, random::SplitMix64};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

/// One of each kind, as small as they get.
static MODELS: LazyLock<Vec<TrainedModel>> = LazyLock::new(|| {
    let history = random_walk("AAPL", 400, 1);
    let spec = BaseSpec { lookback: 4, hidden_size: 2, epochs: 1, calibration_days: 60, ..BaseSpec::default() };
    let base = spec.check().ok().map(|spec| BaseForecaster::new(spec).threads(Some(1)));
    let base = base.and_then(|base| base.fit_base(std::slice::from_ref(&history), &Cancel::new(), &NoProgress).ok());
    let spec = ModelSpec { lookback: 4, horizon: 3, hidden_size: 2, layers: 1, epochs: 1, ..ModelSpec::default() };
    let own = spec.check().ok().map(|spec| LstmForecaster::new("OWN", spec).threads(Some(1)));
    let own = own.and_then(|own| own.fit(&history, &Cancel::new(), &NoProgress).ok());
    let base = base.map(|model| TrainedModel::Base(Box::new(model)));
    base.into_iter().chain(own.map(|model| TrainedModel::Lstm(Box::new(model)))).collect()
});

fuzz_target!(init: assert_eq!(MODELS.len(), 2, "the models of the test cannot be trained"), |data: &[u8]| {
    let result = parse(data);
    assert_eq!(result, parse(data), "read twice");
    match result {
        Err(error) => accepted::assert_is_message(&error.to_string()),
        Ok(PredictBody::Stored { lookback_days, model, .. }) => {
            assert!(lookback_days.is_none_or(|days| days > 0));
            assert!(model.is_none_or(|name| !name.is_empty() && !name.contains(char::is_control)));
        }
        Ok(PredictBody::Window(window)) => forecast(&window),
    }
});

/// Goes the way of a window through the program: dated, checked, forecast.
fn forecast(window: &Window) {
    assert!(!window.rows.is_empty(), "a window without a price");
    let dated = window.rows.iter().filter(|row| row.date.is_some()).count();
    assert!(dated == 0 || dated == window.rows.len(), "{dated} of {} rows have a date", window.rows.len());
    let Some(symbol) = window.symbol.clone().or_else(|| Symbol::new("WINDOW").ok()) else { return };
    let today = NaiveDate::from_ymd_opt(2024, 7, 5).unwrap_or_default();
    let last = window.as_of.filter(|date| date.year() >= 1800 && *date <= today).unwrap_or(today);
    let sessions = TradingCalendar::new(Exchange::of(&symbol)).sessions_until(last, window.rows.len());
    let dates = sessions.into_iter().chain(successors(Some(last), |_| Some(last)));
    let bars = window.rows.iter().zip(dates).map(|(row, session)| RawBar {
        date: row.date.unwrap_or(session),
        open: row.open,
        high: row.high,
        low: row.low,
        close: Some(row.close),
        adj_close: row.adj_close,
        volume: row.volume,
        dividend: row.dividend,
        split: row.split,
        live: false,
    });
    let (basis, source) = (PriceBasis::SplitAdjusted, "request".to_owned());
    let series = RawSeries { symbol, basis, currency: None, source, bars: bars.collect() };
    accepted::assert_is_delivered(&series);
    assert!(series.bars.iter().all(|bar| bar.close.is_some_and(|close| close > 0.0)), "a close that is no price");
    accepted::assert_checks(&series, Some(today));
    let Ok((history, _)) = History::check(series, Some(today)) else { return };
    for model in MODELS.iter() {
        if let Ok(forecast) = model.predict(&history) {
            accepted::assert_is_forecast(&forecast);
        }
    }
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = SplitMix64::new(u64::from(seed));
    let structured = !random.next_u64().is_multiple_of(3);
    let changed = structured.then(|| json::mutated(&data[..size], max_size, &mut random)).flatten();
    let Some(changed) = changed else { return fuzzer_mutate(data, size, max_size) };
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
