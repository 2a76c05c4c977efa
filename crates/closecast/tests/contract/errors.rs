//! An error of every class, in the form that clients of its route expect.

use std::thread;

use serde_json::json;

use crate::{
    place::{closes, prices, run, server_without_source, with_prices},
    row::{Row, Told, get, post, report, request},
    server::Server,
};

const INFER: &str = "/v2/models/BASE/infer";

#[test]
fn every_error_class() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    let settings = "[server.limits]\nbody = \"10KB\"\nupload = \"20KB\"\n";
    std::fs::write(folder.path().join("closecast.toml"), settings).unwrap();
    let server = server_without_source(folder.path());
    report(&thread::scope(|scope| {
        // They wait beside all others.
        let late = late().map(|row| scope.spawn(|| all(&server, [vec![row]])));
        let groups =
            [unknown(), invalid(), too_large(), unsuitable(), of_other_sites(), without_source(), of_the_protocol()];
        let mut failures = all(&server, groups);
        failures.extend(failures_of_callers());
        failures.extend(failures_of_haste());
        failures.extend(late.into_iter().flat_map(|late| late.join().unwrap()));
        failures
    }));
}

/// Returns what is wrong with the answers to all rows, in their order.
fn all(server: &Server, groups: impl IntoIterator<Item = Vec<Row>>) -> Vec<String> {
    let mut told = Told::new();
    groups.into_iter().flatten().filter_map(|row| row.failure(server, &mut told)).collect()
}

/// 408: half a body comes, and then no more.
fn late() -> [Row; 2] {
    let half = |path| post(path).header("Content-Length", "100").body("application/json", "{");
    let told = "the body arrived too slowly: send at least 10240 bytes every 10 seconds";
    [half("/api/predictions/batch").fails(408, told), half(INFER).fails_as_protocol(408, told)]
}

/// 404, 405 and 414.
fn unknown() -> Vec<Row> {
    let training = json!({"symbol": "NOPE"});
    vec![
        get("/api/stocks/NOPE").fails(404, "no prices of NOPE"),
        get("/api/stocks/compare?symbols=AAPL,NOPE").fails(404, "no prices of NOPE"),
        get("/api/predictions/NOPE").fails(404, "no prices of NOPE"),
        get("/api/test-payload?symbol=NOPE").fails(404, "no prices of NOPE"),
        get("/api/ml-health/health/NOPE").fails(404, "no prices of NOPE"),
        get("/api/ml-health/drift-report?symbol=NOPE").fails(404, "no prices of NOPE"),
        get("/api/ml-health/data-quality?symbol=NOPE").fails(404, "no prices of NOPE"),
        get("/api/ml-health/prediction-distribution/NOPE").fails(404, "no prices of NOPE"),
        post("/predict").json(&training).fails(404, "no prices of NOPE"),
        post("/train").json(&training).fails(404, "no prices of NOPE"),
        post("/api/retrain").json(&training).fails(404, "NOPE"),
        get("/api/predictions/AAPL?model=other").fails(404, "no model \"other\""),
        post("/predict").json(&json!({"symbol": "AAPL", "model_name": "other"})).fails(404, "no model \"other\""),
        get("/api/models/other").fails(404, "no model \"other\""),
        get("/api/runs/other").fails(404, "other"),
        get("/api/jobs/other").fails(404, "other"),
        request("DELETE", "/api/keys/other").fails(404, "other"),
        get("/nowhere").fails(404, "nothing at /nowhere"),
        get("/api/nowhere").fails(404, "nothing at /api/nowhere"),
        get("/predict").fails(405, "GET is not allowed"),
        request("DELETE", "/api/stocks/AAPL").fails(405, "DELETE is not allowed"),
        request("PUT", "/train").fails(405, "PUT is not allowed"),
        get(format!("/api/stocks/{}", "A".repeat(2000))).fails(414, "longer than anything"),
    ]
}

/// 422, with the field named, whether it stands in the path, after the `?`, in JSON, in a form or in a file.
fn invalid() -> Vec<Row> {
    let form = "application/x-www-form-urlencoded";
    vec![
        get("/api/stocks/..%2Fetc").fails(422, "symbol: "),
        get("/api/stocks/AAPL?days=0").fails(422, "days is 0"),
        get("/api/stocks/AAPL?days=many").fails(422, "query: days: "),
        get("/api/stocks/AAPL?period=7mo").fails(422, "period"),
        get("/api/stocks/AAPL?start_date=2020-02-30").fails(422, "start_date"),
        get("/api/stocks/compare?symbols=AAPL").fails(422, "symbols has 1"),
        get("/api/predictions/history?limit=0").fails(422, "limit is 0"),
        get("/api/ml-health/drift-report?days=1").fails(422, "days is 1"),
        get("/predict_b3?company=Apple").fails(422, "company: is none of the ten"),
        post("/predict_b3").body(form, "company=Apple").fails(422, "company: is none of the ten"),
        post("/predict").json(&json!({"values": [1.0, -2.0]})).fails(422, "values[1]: is -2"),
        post("/predict").json(&json!({"symbol": "AAPL", "lookback_days": 0})).fails(422, "lookback_days: "),
        post("/predict").json(&json!({"symbol": "AAPL", "lookback": 60})).fails(422, "lookback: is no field"),
        post("/predict").body("text/csv", "a,b\n1,2\n").fails(422, "file: no header"),
        post("/predict").file("file", "AAPL.csv", "").fails(422, "file: the file is empty"),
        post("/train").json(&json!({})).fails(422, "missing field `symbol`"),
        post("/train").json(&json!({"symbol": "AAPL", "epochs": "five"})).fails(422, "epochs: "),
        post("/train").json(&json!({"symbol": "AAPL", "epochs": 0})).fails(422, "epochs is 0"),
        post("/train").json(&json!({"symbol": "AAPL", "prediction_steps": 0})).fails(422, "prediction_steps is 0"),
        post("/api/predictions/batch").json(&json!({"symbols": []})).fails(422, "symbols has 0 entries"),
        post("/api/keys").json(&json!({"name": "ana", "role": "king"})).fails(422, "role: "),
        // Of what is no JSON, the place where it ends to be.
        post("/predict").body("application/json", "{\"values\": [1").fails(422, "body: EOF"),
        post("/train").body("application/json", "{\"symbol\": AAPL}").fails(422, "symbol: expected value"),
        post("/api/predictions/batch").body("application/json", "").fails(422, "body: is empty"),
    ]
}

/// 413.
fn too_large() -> Vec<Row> {
    let (large, file) = (json!({"values": vec![1.25; 5000]}), prices("IBM", 400));
    vec![
        post("/predict").json(&large).fails(413, "10000 bytes"),
        post("/train").json(&large).fails(413, "too large"),
        post("/api/predictions/batch").json(&large).fails(413, "too large"),
        post("/predict").body("text/csv", &file).fails(413, "20000 bytes"),
        post("/predict").file("file", "IBM.csv", &file).fails(413, "more than 20000 bytes"),
        post("/api/stocks/IBM/upload").file("file", "IBM.csv", &file).fails(413, "20000 bytes"),
    ]
}

/// 415, and other requests that are not made as their route wants them: 400, 409 and 426.
fn unsuitable() -> Vec<Row> {
    vec![
        post("/predict").body("image/png", "x").fails(415, "text/csv"),
        post("/predict").fails(415, "application/json"),
        post("/predict_b3").body("text/plain", "company=Vale").fails(415, "application/json"),
        post("/train").body("application/x-www-form-urlencoded", "symbol=AAPL").fails(415, "application/json"),
        post("/api/stocks/IBM/upload").body("application/json", "{}").fails(415, "text/csv"),
        post("/api/stocks/IBM/upload").body("multipart/form-data; boundary=x", "--y\r\n").fails(400, "form"),
        post("/api/stocks/AAPL/upload").body("text/csv", prices("AAPL", 40)).fails(409, "?replace=true"),
        get("/ws").fails(426, "ws://"),
        get("/ws").header("Connection", "Upgrade").header("Upgrade", "websocket").fails(400, ""),
    ]
}

/// 403 without keys: only this machine may ask, by its own names, and not on behalf of another site's page.
fn of_other_sites() -> Vec<Row> {
    let from_page = |row: Row| row.header("Origin", "https://evil.example");
    vec![
        get("/api/symbols").header("Host", "rebound.example:8000").fails(403, "rebound.example"),
        from_page(post("/train")).json(&json!({"symbol": "AAPL"})).fails(403, "another site"),
        from_page(post("/predict")).json(&json!({"symbol": "AAPL"})).fails(403, "another site"),
        from_page(get("/predict_b3?company=Petrobras")).fails(403, "another site"),
        from_page(get("/ws")).header("Connection", "Upgrade").header("Upgrade", "websocket").fails(403, "another site"),
        from_page(post(INFER)).json(&json!({})).fails_as_protocol(403, "another site"),
        get("/v2/models/BASE").header("Host", "rebound.example").fails_as_protocol(403, "rebound.example"),
        // Its browser does not show it the answer.
        from_page(get("/api/symbols")).answers(200, &["symbols[].symbol: string"]),
    ]
}

/// 502 where prices would have to be fetched; where they are stored, the answer with a remark that they are old.
fn without_source() -> Vec<Row> {
    vec![
        get("/predict_b3?company=Vale").fails(502, "the price source could not be reached"),
        post("/predict_b3").json(&json!({"company": "Vale"})).fails(502, "the price source could not be reached"),
        get("/predict_b3?company=Petrobras")
            .answers(200, &["stale = true", "predicted_close: number", "source = \"stored\""]),
        get("/api/stocks/PETR4.SA?days=1").answers(200, &["stale = true"]),
        get("/api/predictions/PETR4.SA").answers(200, &["stale = true"]),
        post("/predict").json(&json!({"symbol": "PETR4.SA"})).answers(200, &["stale = true"]),
    ]
}

/// The Open Inference Protocol has one form for its errors, and 400 for whatever is wrong with a request.
fn of_the_protocol() -> Vec<Row> {
    let window = json!({"inputs": [{"name": "close", "shape": [1, 60], "datatype": "FP64", "data": closes(60)}]});
    let short = json!({"inputs": [{"name": "close", "shape": [1, 10], "datatype": "FP64", "data": closes(10)}]});
    let large = json!({"inputs": vec![1.25; 5000]});
    vec![
        get("/v2/models/other").fails_as_protocol(404, "other"),
        get("/v2/models/BASE/versions/7/ready").fails_as_protocol(404, "7"),
        post("/v2/models/other/infer").json(&window).fails_as_protocol(404, "other"),
        post(INFER).json(&short).fails_as_protocol(400, "has 10 prices, and a forecast needs 20 at least"),
        post(INFER).json(&json!({"inputs": []})).fails_as_protocol(400, "inputs: is empty"),
        post(INFER).body("application/json", "{").fails_as_protocol(400, ""),
        post(INFER).header("Content-Encoding", "br").json(&window).fails_as_protocol(415, "Content-Encoding"),
        post(INFER).json(&large).fails_as_protocol(413, "10000 bytes"),
        get("/v2/nowhere").fails_as_protocol(404, "nothing at /v2/nowhere"),
    ]
}

/// 401 without a key that opens, and 403 with one that does not open this.
fn failures_of_callers() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["keys", "create", "ana", "--role", "admin"]);
    let [viewer, operator] =
        ["viewer", "operator"].map(|role| run(folder.path(), &["keys", "create", role, "--role", role]));
    let server = Server::start(folder.path());
    let training = json!({"symbol": "AAPL"});
    let with = |key: &str, row: Row| row.header("Authorization", format!("Bearer {key}"));
    let unknown = format!("closecast_{}", "0".repeat(64));
    let rows = vec![
        get("/api/stocks/AAPL").fails(401, "a key is needed"),
        get("/metrics").fails(401, "a key is needed"),
        get("/ws").fails(401, "a key is needed"),
        post("/predict").json(&training).fails(401, "a key is needed"),
        post("/train").json(&training).fails(401, "a key is needed"),
        post(INFER).json(&training).fails_as_protocol(401, "a key is needed"),
        with(&unknown, get("/api/stocks/AAPL")).fails(401, "not one of ours"),
        get("/api/stocks/AAPL").header("X-API-Key", "nonsense").fails(401, "not one of ours"),
        with(&viewer, get("/api/symbols")).answers(200, &["symbols = []"]),
        with(&viewer, post("/train")).json(&training).fails(403, "viewer"),
        with(&viewer, post("/api/stocks/AAPL/refresh")).fails(403, "operator"),
        with(&operator, post("/train")).json(&training).fails(404, "no prices of AAPL"),
        with(&operator, get("/api/keys")).fails(403, "admin"),
        with(&operator, request("DELETE", "/api/keys/x")).fails(403, "admin"),
    ];
    all(&server, [rows])
}

/// 429, and when to ask again, for one who asks too often; others and signs of life are not counted with him.
fn failures_of_haste() -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n[server.limits]\naddress_per_second = 1\n";
    std::fs::write(folder.path().join("closecast.toml"), settings).unwrap();
    let server = Server::start(folder.path());
    let from = |address: &'static str, row: Row| row.header("X-Forwarded-For", address);
    let refused = [
        from("203.0.113.1", get("/api/symbols")).fails(429, "too many requests"),
        from("203.0.113.2", get("/v2/models/BASE")).fails_as_protocol(429, "too many requests"),
    ];
    // Some are answered before one is refused.
    let at_last = |row: &Row| {
        let mut failures = (0..50).map(|_| row.failure(&server, &mut Told::new()));
        let first = failures.next().flatten();
        if failures.any(|failure| failure.is_none()) { None } else { first }
    };
    let mut failures: Vec<String> = refused.iter().filter_map(at_last).collect();
    let others = vec![
        from("203.0.113.3", get("/api/symbols")).answers(200, &["symbols = []"]),
        from("203.0.113.1", get("/livez")).says("text/plain", &["ok"]),
    ];
    failures.extend(all(&server, [others]));
    failures
}
