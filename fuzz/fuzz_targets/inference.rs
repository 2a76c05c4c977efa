//! Any bytes → a request of the Open Inference Protocol: the first line is the header `Inference-Header-Content-Length`, what
//! follows the body.

#![no_main]

use closecast_fuzz::{accepted, inference};
use closecast_server::oip::{
    OipError,
    batch::{MOST_DAYS, MOST_WINDOWS, windows},
    request::{InferRequest, parse},
    response::{Answering, Output, encode},
};
use closecast_testkit::random::SplitMix64;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    let (length, body) = inference::split(data);
    let result = parse(length, body);
    assert_eq!(result, parse(length, body), "read twice");
    match result {
        Err(error) => assert_is_told(&error),
        Ok(request) => {
            assert_is_request(&request, body.len());
            assert_is_answered(&request);
        }
    }
});

fn assert_is_told(error: &OipError) {
    accepted::assert_is_message(&error.to_string());
}

fn assert_is_request(request: &InferRequest, size: usize) {
    assert!(!request.inputs.is_empty(), "a request without a tensor");
    let mut values = 0;
    for tensor in &request.inputs {
        assert_eq!(tensor.shape.iter().product::<usize>(), tensor.values.len(), "{}", tensor.name);
        assert!(tensor.values.iter().all(|value| value.is_finite()), "{} has a value that is none", tensor.name);
        values += tensor.values.len();
    }
    assert!(values <= size, "{values} values out of {size} bytes");
    let windows = match windows(request) {
        Ok(windows) => windows,
        Err(error) => return assert_is_told(&error),
    };
    assert!((1..=MOST_WINDOWS).contains(&windows.len()), "{} windows", windows.len());
    for window in windows {
        assert!((1..=MOST_DAYS).contains(&window.len()), "{} days", window.len());
        for day in window {
            let prices = day.range.into_iter().flatten().chain([day.close]);
            assert!(prices.into_iter().all(|price| price.is_normal() && price > 0.0), "{day:?}");
            assert!(day.volume.is_none_or(|volume| volume >= 0.0), "{day:?}");
        }
    }
}

/// What is sent has the bytes that its header says.
fn assert_is_answered(request: &InferRequest) {
    let outputs = [
        Output { name: "point", shape: vec![1, 2], values: vec![1.0, 2.0] },
        Output { name: "quantiles", shape: vec![1, 2, 1], values: vec![1.0, 2.0] },
        Output { name: "levels", shape: vec![1], values: vec![0.5] },
    ];
    let encoded = match encode(request, Answering { model: "BASE", version: 0 }, &Map::new(), &outputs) {
        Ok(encoded) => encoded,
        Err(error) => return assert_is_told(&error),
    };
    let (header, binary) = encoded.body.split_at(encoded.header_length.unwrap_or(encoded.body.len()));
    let header: Value = serde_json::from_slice(header).unwrap_or_else(|error| panic!("the answer is no JSON: {error}"));
    let described = header["outputs"].as_array().map_or(&[][..], Vec::as_slice);
    let size = |output: &Value| output["parameters"]["binary_data_size"].as_u64();
    assert_eq!(described.iter().filter_map(size).sum::<u64>(), binary.len() as u64, "{header}");
    assert_eq!(header.get("id").and_then(Value::as_str), request.id.as_deref());
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = SplitMix64::new(u64::from(seed));
    let structured = !random.next_u64().is_multiple_of(3);
    let changed = structured.then(|| inference::mutated(&data[..size], max_size, &mut random)).flatten();
    let Some(changed) = changed else { return fuzzer_mutate(data, size, max_size) };
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
});
