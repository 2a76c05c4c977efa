//! Open Inference Protocol, version 2.

use std::io::Write as _;

use closecast_testkit::histories::random_walk;
use serde_json::{Value, json};

use crate::{client::Answer, command::command, server::Server, usual::server_with_prices};

const INFER: &str = "/v2/models/BASE/infer";

/// Returns the tensors of windows that end on different days.
fn inputs(names: &[&str], batch: usize, days: usize) -> Vec<(String, Vec<f64>)> {
    let history = random_walk("MSFT", days + batch, 4);
    let tensor = |name: &&str| {
        let price = |bar: &closecast_domain::Bar| match *name {
            "open" => bar.open,
            "high" => bar.high,
            "low" => bar.low,
            "volume" => bar.volume,
            _ => bar.close,
        };
        let values = (0..batch).flat_map(|first| history.bars()[first..first + days].iter().map(price)).collect();
        ((*name).to_owned(), values)
    };
    names.iter().map(tensor).collect()
}

fn body(tensors: &[(String, Vec<f64>)], shape: &[usize]) -> Value {
    let input =
        |(name, values): &(String, Vec<f64>)| json!({"name": name, "shape": shape, "datatype": "FP64", "data": values});
    json!({"id": "seven", "parameters": {"symbol": "MSFT"}, "inputs": tensors.iter().map(input).collect::<Vec<_>>()})
}

fn infer(server: &Server, body: &Value) -> Answer {
    server.post(INFER, &body.to_string())
}

/// Returns what is wrong, as the protocol tells it.
fn refusal(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    answer.json()["error"].as_str().unwrap().to_owned()
}

fn output<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["outputs"].as_array().unwrap().iter().find(|output| output["name"] == name).unwrap()
}

#[test]
fn the_server_and_its_models_describe_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let train = ["train", "AAPL", "--epochs", "1", "--hidden-size", "4", "--lookback", "10"];
    for _ in 0..2 {
        assert!(command(folder.path()).args(train).output().unwrap().status.success());
    }
    let get = |path: &str| {
        let answer = server.get(path, &[]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    };
    assert_eq!(get("/v2")["name"], "closecast");
    assert_eq!((get("/v2/health/live"), get("/v2/health/ready")), (json!({"live": true}), json!({"ready": true})));
    let base = get("/v2/models/BASE");
    assert_eq!((&base["versions"], &base["parameters"]["days_needed"]), (&json!(["0"]), &json!(90)));
    assert_eq!(base["inputs"][0], json!({"name": "close", "datatype": "FP64", "shape": [-1, -1]}));
    assert_eq!(get("/v2/models/BASE/versions/0")["name"], "BASE");
    assert_eq!(get("/v2/models/AAPL/ready"), json!({"name": "AAPL", "ready": true}));
    // The first version stays in service until the second has shown itself.
    assert_eq!(get("/v2/models/AAPL")["versions"].as_array().unwrap().len(), 2);
    assert_eq!(get("/v2/models/AAPL/versions/2/ready")["ready"], true);
    let index = get("/v2/repository/index");
    assert_eq!(index.as_array().unwrap().len(), 3, "{index}");
    assert_eq!(server.post("/v2/repository/index", "{\"ready\": true}").json(), index);
    for path in
        ["/v2/models/other", "/v2/models/other/ready", "/v2/models/BASE/versions/7", "/v2/models/BASE/versions/x"]
    {
        refusal(&server.get(path, &[]), 404);
    }
    refusal(&server.get("/v2/models/%00", &[]), 404);
    refusal(&server.get("/v2/models/%FF", &[]), 400);
    refusal(&server.get("/v2/nowhere", &[]), 404);
}

#[test]
fn windows_are_forecast_in_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let tensors = inputs(&["close", "open", "high", "low", "volume"], 3, 120);
    let answer = infer(&server, &body(&tensors, &[3, 120]));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(
        (&answer["id"], &answer["model_name"], &answer["model_version"]),
        (&"seven".into(), &"BASE".into(), &"0".into())
    );
    assert_eq!(answer["parameters"]["symbol"], "MSFT");
    assert_eq!(output(&answer, "point")["shape"], json!([3, 5]));
    assert_eq!(output(&answer, "quantiles")["shape"], json!([3, 5, 21]));
    assert_eq!(output(&answer, "levels")["data"][10], 0.5);

    // The second window by itself, without the axis of the batch, gives the second row.
    let alone: Vec<(String, Vec<f64>)> =
        tensors.iter().map(|(name, values)| (name.clone(), values[120..240].to_vec())).collect();
    let one = infer(&server, &body(&alone, &[120])).json();
    for (name, row) in [("point", 5), ("quantiles", 5 * 21)] {
        let (all, one) = (&output(&answer, name)["data"], &output(&one, name)["data"]);
        assert_eq!(all.as_array().unwrap()[row..2 * row], one.as_array().unwrap()[..], "{name}");
    }
    // The same forecast as from POST /predict.
    let days = |place: usize| {
        let value = |tensor: usize| tensors[tensor].1[place];
        json!({"close": value(0), "open": value(1), "high": value(2), "low": value(3), "volume": value(4)})
    };
    let predict = json!({"symbol": "MSFT", "data": (120..240).map(days).collect::<Vec<_>>()});
    let predicted = server.post("/predict", &predict.to_string()).json();
    assert_eq!(output(&one, "point")["data"][0], predicted["predicted_close"]);
    assert_eq!(output(&one, "quantiles")["data"][0], predicted["quantiles"][0]["price"]);

    // Closes alone: no spread is made up.
    let closes = body(&tensors[..1], &[3, 120]);
    let point = infer(&server, &closes).json();
    assert_eq!(point["outputs"].as_array().unwrap().len(), 1, "{point}");
    assert!(point["parameters"]["notes"].as_str().unwrap().contains("Closes alone"));
    let mut asked = closes.clone();
    asked["outputs"] = json!([{"name": "quantiles"}]);
    assert!(refusal(&infer(&server, &asked), 400).contains("send open, high and low"));
}

#[test]
fn tensors_may_be_binary_and_bodies_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let tensors = inputs(&["close", "open", "high", "low"], 1, 90);
    let expected = infer(&server, &body(&tensors, &[1, 90])).json();
    let input = |(name, _): &(String, Vec<f64>)| json!({"name": name, "shape": [1, 90], "datatype": "FP64", "parameters": {"binary_data_size": 720}});
    let header = json!({
        "parameters": {"symbol": "MSFT"},
        "inputs": tensors.iter().map(input).collect::<Vec<_>>(),
        "outputs": [{"name": "point", "parameters": {"binary_data": true}}, {"name": "levels"}],
    });
    let header = header.to_string();
    let values = tensors.iter().flat_map(|(_, values)| values);
    let whole = [header.as_bytes(), &values.flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()].concat();
    let length = header.len().to_string();
    let headers = [("Inference-Header-Content-Length", length.as_str())];
    let plain = server.send("POST", INFER, &headers, &whole);
    assert_eq!(plain.status, 200, "{}", plain.text());
    let split = plain.header("inference-header-content-length").unwrap();
    let (told, binary) = plain.body.split_at(split.parse().unwrap());
    let told: Value = serde_json::from_slice(told).unwrap();
    assert_eq!(output(&told, "levels")["data"], output(&expected, "levels")["data"]);
    let point: Vec<f64> = binary.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
    assert_eq!(json!(point), output(&expected, "point")["data"]);

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&whole).unwrap();
    let packed = gzip.finish().unwrap();
    let with = |encoding: &'static str| [headers[0], ("Content-Encoding", encoding)];
    assert_eq!(server.send("POST", INFER, &with("gzip"), &packed).body, plain.body);
    refusal(&server.send("POST", INFER, &with("gzip"), &whole), 400);
    // NVIDIA's client unpacks no refusal.
    let wants_gzip = [with("gzip").as_slice(), &[("Accept-Encoding", "gzip")]].concat();
    refusal(&server.send("POST", INFER, &wants_gzip, &whole), 400);
    refusal(&server.send("POST", INFER, &with("br"), &packed), 415);
    // A thousandth of the bytes that it stands for.
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b' '; 20_000_000]).unwrap();
    refusal(&server.send("POST", INFER, &with("gzip"), bomb.finish().unwrap()), 413);
    refusal(&server.send("POST", INFER, &headers, vec![b' '; 2_000_000]), 413);
}

#[test]
fn a_bad_request_is_refused_in_the_words_of_the_protocol() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_prices(folder.path());
    let good = body(&inputs(&["close"], 1, 90), &[1, 90]);
    let change = |change: fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        body
    };
    for (body, told) in [
        (json!({}), "inputs: is empty"),
        (change(|body| body["inputs"][0]["shape"] = json!([1, 91])), "input \"close\": has 90 values"),
        (
            change(|body| body["inputs"][0]["shape"] = json!([4_294_967_296_u64, 4_294_967_296_u64])),
            "input \"close\": shape",
        ),
        (change(|body| body["inputs"][0]["datatype"] = json!("BYTES")), "input \"close\": datatype"),
        (change(|body| body["inputs"][0]["data"][5] = json!(0)), "input \"close\": value 5 is 0"),
        (change(|body| body["inputs"][0]["name"] = json!("price")), "input \"price\": is none of"),
        (change(|body| body["outputs"] = json!([{"name": "x"}])), "output \"x\": is none of"),
        (change(|body| body["parameters"]["symbol"] = json!("../x")), "parameter symbol: "),
        (change(|body| body["parameters"]["as_of"] = json!("x")), "parameter as_of: "),
        (change(|body| body["parameters"]["as_of"] = json!("2999-01-01")), "as_of: 2999-01-01"),
        (change(|body| body["parameters"]["as_of"] = json!("-262143-01-01")), "as_of: -262143-01-01"),
    ] {
        let found = refusal(&infer(&server, &body), 400);
        assert!(found.starts_with(told), "{found}");
    }
    let short = refusal(&infer(&server, &body(&inputs(&["close", "open", "high", "low"], 1, 19), &[19])), 400);
    assert!(short.contains("has 19 prices, and a forecast needs 20 at least"), "{short}");
    refusal(&server.post("/v2/models/other/infer", &good.to_string()), 404);
    refusal(&server.post("/v2/models/BASE/versions/9/infer", &good.to_string()), 404);
    assert_eq!(server.post("/v2/models/BASE/versions/0/infer", &good.to_string()).status, 200);
    refusal(&server.send("POST", INFER, &[("Inference-Header-Content-Length", "x")], b"{}"), 400);
    refusal(&server.send("POST", INFER, &[], b"\x00\xff"), 400);
}
