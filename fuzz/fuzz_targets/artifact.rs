//! Any bytes → `TrainedModel::from_bytes`, and whatever it accepts must be served: forecasts are prices, or an error.

#![no_main]

use std::sync::LazyLock;

use closecast_domain::{History, Predict};
use closecast_fuzz::{accepted, artifact};
use closecast_model::{ArtifactError, TrainedModel, with_markets};
use closecast_testkit::{
    histories::{random_walk, sine},
    random::SplitMix64,
};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

/// Memory that a model may take beside a multiple of its file.
const LEAST_MEMORY: usize = 1 << 20;

/// Long enough for the seeds; one that knows its market, and one of an exchange that has none here.
static HISTORIES: LazyLock<Vec<History>> = LazyLock::new(|| {
    let mut symbols: Vec<History> = (0..8).map(|seed| random_walk(&format!("AA{seed}"), 160, seed)).collect();
    symbols.push(sine("PETR4.SA", 160, 20.0));
    with_markets(symbols).into_iter().skip(7).collect()
});

fuzz_target!(|data: &[u8]| {
    let Ok(mut model) = TrainedModel::from_bytes(data) else {
        assert!(TrainedModel::from_bytes(data).is_err(), "refused, and then accepted");
        return;
    };
    assert!(model.memory_bytes() <= LEAST_MEMORY + 64 * data.len(), "{} bytes of memory", model.memory_bytes());
    let written = written(&mut model).unwrap_or_else(|error| panic!("accepted, but cannot be written: {error}"));
    let mut again = TrainedModel::from_bytes(&written).unwrap_or_else(|error| panic!("written, but not read: {error}"));
    for history in HISTORIES.iter() {
        let forecast = model.predict(history);
        assert_eq!(forecast.as_ref().ok(), again.predict(history).as_ref().ok(), "written and read, it is another");
        if let Ok(forecast) = &forecast {
            accepted::assert_is_forecast(forecast);
        }
        let in_two_steps = model.prepare(history).and_then(|prepared| model.forecast(&prepared));
        assert_eq!(forecast.ok(), in_two_steps.ok(), "prepared, it is another");
    }
    assert!(self::written(&mut again).is_ok_and(|twice| twice == written), "written twice, they differ");
});

fn written(model: &mut TrainedModel) -> Result<Vec<u8>, ArtifactError> {
    match model {
        TrainedModel::Lstm(model) => model.to_bytes(),
        TrainedModel::Base(model) => model.to_bytes(),
    }
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = SplitMix64::new(u64::from(seed));
    let structured = random.next_u64() % 8 != 0;
    let changed = structured.then(|| artifact::mutated(&data[..size], max_size, &mut random)).flatten();
    let Some(changed) = changed else { return fuzzer_mutate(data, size, max_size) };
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
