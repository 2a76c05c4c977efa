use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::oip::{
    batch::windows,
    response::{Answering, Output, encode},
};

#[expect(clippy::needless_pass_by_value, reason = "json! makes values")]
fn one(name: &str, shape: Value, data: Value) -> Value {
    json!({"name": name, "shape": shape, "datatype": "FP64", "data": data})
}

#[expect(clippy::needless_pass_by_value, reason = "json! makes values")]
fn read(inputs: Value) -> Result<InferRequest, OipError> {
    parse(None, json!({ "inputs": inputs }).to_string().as_bytes())
}

#[test]
fn numbers_are_the_same_however_they_come() {
    let values = [1.5_f64, 2.0, 3.25, 4.0];
    let nested = read(json!([one("close", json!([2, 2]), json!([[1.5, 2], [3.25, 4]]))])).unwrap();
    let flat = read(json!([one("close", json!([2, 2]), json!([1.5, 2, 3.25, 4]))])).unwrap();
    assert_eq!(nested, flat);
    for (datatype, bytes) in [
        ("FP64", values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()),
        ("FP32", values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect()),
    ] {
        let input = json!({"name": "close", "shape": [2, 2], "datatype": datatype, "parameters": {"binary_data_size": bytes.len()}});
        let mut body = json!({"id": "7", "inputs": [input]}).to_string().into_bytes();
        let length = body.len().to_string();
        body.extend(&bytes);
        let request = parse(Some(&length), &body).unwrap();
        assert_eq!((&request.inputs, request.id.as_deref()), (&nested.inputs, Some("7")));
    }
    assert_eq!(windows(&nested).unwrap().len(), 2);
    assert_eq!(windows(&nested).unwrap()[1][0].close, 3.25);
}

#[test]
fn what_is_wrong_is_told_with_its_tensor() {
    let two = || json!([1.0, 2.0]);
    for (inputs, message) in [
        (json!([]), "inputs: is empty"),
        (json!(7), "inputs: must be an array"),
        (json!([7]), "inputs: must be an array of objects"),
        (json!([{}]), "inputs: name is missing"),
        (
            json!([{"name": "close", "shape": [2], "datatype": "BYTES", "data": ["a"]}]),
            "input \"close\": datatype \"BYTES\"",
        ),
        (json!([one("close", json!([3]), two())]), "input \"close\": has 2 values, but shape [3] takes 3"),
        (json!([one("close", json!([1]), two())]), "input \"close\": has 2 values, but shape [1] takes 1"),
        (json!([one("close", json!([0, 2]), two())]), "input \"close\": shape [0, 2] has no values"),
        (json!([one("close", json!([-1]), two())]), "input \"close\": shape must be"),
        (json!([one("close", json!([]), two())]), "input \"close\": shape must be"),
        (json!([one("close", json!([1, 1, 2]), two())]), "input \"close\": shape must be"),
        (
            json!([one("close", json!([u64::MAX, 2]), two())]),
            "input \"close\": shape [18446744073709551615, 2] has more than",
        ),
        (json!([one("close", json!([1_u64 << 32, 1_u64 << 32]), two())]), "input \"close\": shape [4294967296"),
        (json!([one("close", json!([2]), json!([1.0, null]))]), "input \"close\": value 1 is no number"),
        (json!([{"name": "close", "shape": [2], "datatype": "FP64"}]), "input \"close\": has neither"),
        (json!([{"name": "a\n", "shape": [2]}]), "input \"a\\n\": datatype is missing"),
        (
            json!([{"name": "a\n", "datatype": "FP64", "shape": [2], "parameters": 7}]),
            "input \"a\\n\": parameters must be",
        ),
        (
            json!([{"name": "close", "shape": [2], "datatype": "FP64", "parameters": {"binary_data_size": 16}}]),
            "input \"close\": binary_data_size is 16, but 0 bytes are left",
        ),
    ] {
        let error = read(inputs.clone()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{inputs}: {error}");
    }
    for (inputs, message) in [
        (json!([one("close", json!([2]), json!([1.0, 0.0]))]), "input \"close\": value 1 is 0"),
        (json!([one("open", json!([2]), two())]), "input \"close\": is missing"),
        (json!([one("close", json!([2]), two()), one("price", json!([2]), two())]), "input \"price\": is none of"),
        (json!([one("close", json!([2]), two()), one("close", json!([2]), two())]), "input \"close\": is there twice"),
        (json!([one("close", json!([2]), two()), one("high", json!([2]), two())]), "inputs \"open\", \"high\""),
        (json!([one("close", json!([2]), two()), one("volume", json!([1, 2]), two())]), "input \"volume\": has shape"),
        (
            json!([one("close", json!([2]), two()), one("volume", json!([2]), json!([0, -1]))]),
            "input \"volume\": value 1",
        ),
        (json!([one("close", json!([100, 1]), json!(vec![1.0; 100]))]), "input \"close\": at most 64 windows"),
    ] {
        let error = windows(&read(inputs.clone()).unwrap()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{inputs}: {error}");
    }
    for (length, message) in
        [("x", "Inference-Header"), ("-1", "Inference-Header"), ("99", "Inference-Header"), ("1", "body: ")]
    {
        assert!(parse(Some(length), b"{}").unwrap_err().to_string().starts_with(message));
    }
    let nan = f64::NAN.to_le_bytes();
    let input = json!({"name": "close", "shape": [1], "datatype": "FP64", "parameters": {"binary_data_size": 8}});
    let header = json!({ "inputs": [input] }).to_string();
    let body = |bytes: &[u8]| [header.as_bytes(), bytes].concat();
    let length = header.len().to_string();
    let message = |bytes: &[u8]| parse(Some(&length), &body(bytes)).unwrap_err().to_string();
    assert!(message(&nan).contains("value 0 is NaN"));
    assert_eq!(message(&[1.0_f64.to_le_bytes(), nan].concat()), "body: has 8 bytes after the last tensor");
}

#[test]
fn an_answer_has_what_was_asked_for() {
    let outputs = [
        Output { name: "point", shape: vec![1, 2], values: vec![1.0, 2.0] },
        Output { name: "levels", shape: vec![1], values: vec![0.5] },
    ];
    let answering = Answering { model: "BASE", version: 0 };
    let written = |request: &InferRequest| encode(request, answering, &Map::new(), &outputs);
    let plain = written(&InferRequest::default()).unwrap();
    let header: Value = serde_json::from_slice(&plain.body).unwrap();
    assert_eq!((header["outputs"][0]["data"].clone(), plain.header_length), (json!([1.0, 2.0]), None));
    let wanted = vec![Wanted { name: "levels".to_owned(), binary: None }];
    let binary =
        InferRequest { id: Some("x".into()), outputs: wanted, binary_outputs: true, ..InferRequest::default() };
    let encoded = written(&binary).unwrap();
    let length = encoded.header_length.unwrap();
    assert_eq!(encoded.body[length..], 0.5_f64.to_le_bytes());
    let header: Value = serde_json::from_slice(&encoded.body[..length]).unwrap();
    assert_eq!((&header["id"], &header["outputs"][0]["parameters"]["binary_data_size"]), (&json!("x"), &json!(8)));
    let missing = vec![Wanted { name: "quantiles".to_owned(), binary: None }];
    let error = written(&InferRequest { outputs: missing, ..InferRequest::default() }).unwrap_err();
    assert!(error.to_string().contains("send open, high and low"));
}

proptest! {
    #[test]
    fn no_bytes_panic(length in prop::option::of("[0-9]{0,3}|.{0,4}"), body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _either = parse(length.as_deref(), &body).and_then(|request| windows(&request));
    }

    #[test]
    fn no_tensor_panics(
        shape in prop::collection::vec(any::<u64>().prop_map(|axis| if axis % 3 == 0 { axis } else { axis % 5 }), 0..4),
        datatype in "FP64|FP32|INT64|INT32|BYTES",
        size in any::<u64>().prop_map(|size| if size % 3 == 0 { size } else { size % 64 }),
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let input = json!({"name": "close", "shape": shape, "datatype": datatype, "parameters": {"binary_data_size": size}});
        let header = json!({ "inputs": [input] }).to_string();
        let body = [header.as_bytes(), bytes.as_slice()].concat();
        if let Ok(request) = parse(Some(&header.len().to_string()), &body) {
            prop_assert_eq!(request.inputs[0].shape.iter().product::<usize>(), request.inputs[0].values.len());
            let _either = windows(&request);
        }
    }
}
