//! The registry and the runs.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{server::Server, stocks::with_prices, training::quick};

/// Trains once more and waits.
fn train(server: &Server, request: &Value) {
    let answer = server.post("/train?wait=true&timeout=120", request);
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("succeeded")), "{}", answer.text());
}

#[test]
fn models_are_listed_shown_taken_away_and_put_into_service() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path(), "AAPL", 450);
    let server = Server::start(folder.path());
    assert_eq!(server.get("/api/models").json(), json!({ "models": [], "next": null }));
    let base = server.get("/api/models/BASE").json();
    assert_eq!((&base["champion"], &base["versions"][0]["model"]["kind"]), (&json!(0), &json!("base")), "{base}");
    assert_eq!(server.get("/api/models/BASE/versions/0").json()["alias"], "champion");

    train(&server, &quick("AAPL"));
    let mut second = quick("AAPL");
    second["seed"] = json!(7);
    train(&server, &second);
    second["model_name"] = json!("OTHER");
    train(&server, &second);

    let list = server.get("/api/models").json();
    let names: Vec<_> =
        list["models"].as_array().unwrap().iter().map(|model| model["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["AAPL", "OTHER"]);
    assert_eq!((&list["models"][0]["champion"], &list["models"][0]["challenger"]), (&json!(1), &json!(2)));
    let in_service = &list["models"][0]["in_service"];
    assert!(in_service["metrics"]["test"]["mae"].is_number() && in_service["naive"]["test"]["mae"].is_number());
    let page = server.get("/api/models?limit=1").json();
    assert_eq!((&page["next"], page["models"].as_array().unwrap().len()), (&json!("AAPL"), 1));
    assert_eq!(server.get("/api/models?limit=1&after=AAPL").json()["models"][0]["name"], "OTHER");
    assert_eq!(server.get("/api/models?symbol=AAPL").json()["models"].as_array().unwrap().len(), 2);
    assert_eq!(server.get("/api/models?symbol=MSFT").json()["models"], json!([]));
    assert_eq!(server.get("/api/models?name=OTHER").json()["models"].as_array().unwrap().len(), 1);

    let model = server.get("/api/models/AAPL").json();
    let told: Vec<_> =
        model["versions"].as_array().unwrap().iter().map(|v| (&v["model"]["version"], &v["alias"])).collect();
    assert_eq!(told, [(&json!(2), &json!("challenger")), (&json!(1), &json!("champion"))]);
    assert_eq!(server.get("/api/models/AAPL?before=2").json()["versions"].as_array().unwrap().len(), 1);
    let one = server.get("/api/models/AAPL/versions/2").json();
    assert_eq!(one, model["versions"][0]);

    let artifact = server.get("/api/models/AAPL/versions/2/artifact");
    let hash: String = Sha256::digest(&artifact.body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(one["model"]["sha256"], hash);
    assert_eq!(artifact.header("x-checksum-sha256"), Some(hash.as_str()));
    assert_eq!(artifact.header("content-disposition"), Some("attachment; filename=\"aapl-v2.closecast\""));

    // Prices end long before today, and both have learned from them: there is nothing to compare on.
    let promote = "/api/models/AAPL/promote";
    server.refuses("POST", promote, &json!({}), 409, "\"force\": true");
    server.refuses("POST", promote, &json!({ "version": 1 }), 409, "in service already");
    server.refuses("POST", promote, &json!({ "version": 9 }), 404, "no version 9");
    server.refuses("POST", promote, &json!({ "versions": 9 }), 422, "versions");
    server.refuses("POST", promote, &json!({ "version": 0 }), 422, "version is 0");
    server.refuses("POST", "/api/models/OTHER/promote", &json!({}), 409, "/api/models/OTHER/retrain");
    server.refuses("POST", "/api/models/AAPL/rollback", &Value::Null, 409, "nothing to go back to");
    let forced = server.post(promote, &json!({ "force": true }));
    assert_eq!(forced.status, 200, "{}", forced.text());
    assert_eq!((&forced.json()["promoted"], &forced.json()["forced"]), (&json!(true), &json!(true)));
    assert_eq!(server.get("/api/models/AAPL").json()["champion"], 2);
    let back = server.post("/api/models/AAPL/rollback", &Value::Null);
    assert_eq!(back.json(), json!({ "name": "AAPL", "previous": 2, "champion": 1 }));
    let book = server.get("/api/models/AAPL/events").json();
    let actions: Vec<_> =
        book["events"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["rollback", "promote", "publish", "publish"]);
    assert_eq!(server.get("/api/models/AAPL/events?limit=1").json()["next"], book["events"][0]["id"]);

    unknown_models_and_runs(&server);
    runs(&server);
}

fn unknown_models_and_runs(server: &Server) {
    for (method, path) in [
        ("GET", "/api/models/NONE"),
        ("GET", "/api/models/%FF"),
        ("GET", "/api/models/a%00b"),
        ("GET", "/api/models/..%2Fx"),
        ("GET", "/api/models/NONE/events"),
        ("GET", "/api/models/AAPL/versions/0"),
        ("GET", "/api/models/AAPL/versions/99"),
        ("GET", "/api/models/AAPL/versions/99999999999999999999999"),
        ("GET", "/api/models/AAPL/versions/x"),
        ("GET", "/api/models/AAPL/versions/9/artifact"),
        ("GET", "/api/models/BASE/versions/0/artifact"),
        ("POST", "/api/models/NONE/promote"),
        ("POST", "/api/models/NONE/rollback"),
        ("POST", "/api/models/NONE/retrain"),
        ("GET", "/api/runs/NONE"),
        ("GET", "/api/runs/%FF"),
        ("GET", "/api/runs/01890000-0000-7000-8000-000000000000"),
    ] {
        server.refuses(method, path, &json!({}), 404, "");
    }
    server.refuses("POST", "/api/retrain", &json!({ "symbol": "MSFT" }), 404, "MSFT");
    for path in [
        "/api/models?limit=0",
        "/api/models/AAPL?before=0",
        "/api/models?limit=201",
        "/api/models?after=%00",
        "/api/models?colour=1",
    ] {
        server.refuses("GET", path, &Value::Null, 422, "");
    }
}

fn runs(server: &Server) {
    let all = server.get("/api/runs").json();
    let ids: Vec<_> =
        all["runs"].as_array().unwrap().iter().map(|run| run["run_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 3);
    let listed = |query: &str| server.get(&format!("/api/runs?{query}")).json()["runs"].as_array().unwrap().len();
    assert_eq!((listed("name=OTHER"), listed("symbol=AAPL"), listed("symbol=MSFT")), (1, 3, 0));
    assert_eq!((listed("status=succeeded"), listed("status=failed"), listed("kind=train")), (3, 0, 3));
    assert_eq!((listed("limit=2"), listed(&format!("before={}", ids[1]))), (2, 1));
    for (query, words) in [
        ("status=fine", "status"),
        ("before=x", "before"),
        ("limit=501", "limit"),
        ("kind=%00", "kind"),
        ("name=%00", "name"),
    ] {
        server.refuses("GET", &format!("/api/runs?{query}"), &Value::Null, 422, words);
    }
    let again = server.post("/api/models/AAPL/retrain", &Value::Null);
    assert_eq!(again.status, 202, "{}", again.text());
    assert_eq!(server.get(again.header("location").unwrap()).json()["kind"], "retrain_model");
    assert_eq!(server.post("/api/retrain", &json!({ "symbol": "AAPL" })).status, 202);
    assert_eq!(server.post("/api/retrain", &json!({})).status, 202);
}
