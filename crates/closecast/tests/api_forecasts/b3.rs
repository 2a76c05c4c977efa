//! The companies of B3 by name.

use closecast_testkit::histories::random_walk;
use serde_json::json;

use crate::{command::command, server::Server, usual::server_with_prices};

fn server_with_petrobras(folder: &std::path::Path) -> Server {
    let mut csv = "Date,Open,High,Low,Close,Volume\n".to_owned();
    for bar in random_walk("PETR4.SA", 150, 5).bars() {
        csv += &format!("{},{},{},{},{},{}\n", bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume);
    }
    std::fs::write(folder.join("PETR4.SA.csv"), csv).unwrap();
    let import = command(folder).args(["import", "PETR4.SA.csv"]).output().unwrap();
    assert!(import.status.success(), "{import:?}");
    server_with_prices(folder)
}

#[test]
fn a_company_is_forecast_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = server_with_petrobras(folder.path());
    assert_eq!(server.ask("GET", "/api/b3/companies").0, 200);
    let list = server.get("/api/b3/companies", &[]).json();
    assert_eq!(list["companies"].as_array().unwrap().len(), 10);
    assert_eq!(server.get("/predict_b3", &[]).json(), list);
    let expected = server.get("/api/predictions/PETR4.SA", &[]).json();
    let asked = server.get("/predict_b3?company=petrobr%C3%A1s", &[]).json();
    assert_eq!((&asked["predicted_close"], &asked["symbol"]), (&expected["predicted_close"], &"PETR4.SA".into()));
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    for answer in [
        server.post("/predict_b3", &json!({"company": "PETR4"}).to_string()),
        server.send("POST", "/predict_b3", &form, b"company=Petr%C3%B3leo+Brasileiro"),
    ] {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json(), asked);
    }
    for answer in [
        server.get("/predict_b3?company=Apple", &[]),
        server.post("/predict_b3", &json!({"company": "Apple"}).to_string()),
        server.send("POST", "/predict_b3", &form, b"company=Apple"),
    ] {
        let told = answer.problem(422);
        assert!(told.contains("Petrobras") && told.contains("Itaú Unibanco"), "{told}");
    }
    server.get("/predict_b3?compnay=Vale", &[]).problem(422);
    server.post("/predict_b3", "{}").problem(422);
    server.send("POST", "/predict_b3", &form, b"").problem(422);
    server.send("POST", "/predict_b3", &[], b"").problem(415);
    let other = [("Content-Type", "application/x-www-form-urlencodedX")];
    server.send("POST", "/predict_b3", &other, b"company=Petrobras").problem(415);
    server.get("/predict_b3?company=Petrobras&model=other", &[]).problem(404);
    assert!(server.get(&format!("/predict_b3?model={}", "0".repeat(65)), &[]).problem(422).starts_with("model: "));
}
