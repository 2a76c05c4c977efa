//! Keys and roles.

use crate::{
    server::Server,
    usual::{key, place, run},
};

const TRAIN: &str = r#"{"symbol": "AAPL", "epochs": 1, "hidden_size": 4, "lookback": 10}"#;
const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn without_any_key_this_machine_may_do_everything() {
    let folder = place("");
    let server = Server::start(folder.path());
    assert_eq!(server.send("GET", "/api/symbols", &[], "").status, 200);
    assert_eq!(server.send("POST", "/train", &[JSON], TRAIN).status, 202);
    assert_eq!(server.send("GET", "/api/keys", &[], "").status, 200);
}

#[test]
fn once_there_is_a_key_each_group_of_routes_asks_for_its_role() {
    let folder = place("");
    let [admin, operator, viewer] = ["admin", "operator", "viewer"].map(|role| key(folder.path(), role, role));
    let keys = [viewer, operator, admin];
    let server = Server::start(folder.path());
    // Signs of life and the description need none.
    for path in ["/livez", "/readyz", "/health", "/openapi.json", "/docs", "/redoc"] {
        assert_eq!(server.send("GET", path, &[], "").status, 200, "{path}");
    }
    let unknown = format!("closecast_{}", "0".repeat(64));
    for (method, path, body, expected) in [
        ("GET", "/api/symbols", "", [200, 200, 200]),
        ("GET", "/api/stocks/AAPL", "", [200, 200, 200]),
        ("GET", "/api/predictions/AAPL", "", [200, 200, 200]),
        ("GET", "/api/jobs", "", [200, 200, 200]),
        ("POST", "/train", TRAIN, [403, 202, 202]),
        ("GET", "/api/keys", "", [403, 403, 200]),
        ("POST", "/api/keys", r#"{"name": "another", "role": "viewer"}"#, [403, 403, 201]),
        ("GET", "/api/audit", "", [403, 403, 200]),
    ] {
        let send = |key: &[(&str, &str)]| server.send(method, path, &[&[JSON], key].concat(), body);
        let none = send(&[]);
        assert_eq!(none.status, 401, "{method} {path}: {}", none.text());
        assert_eq!(none.header("www-authenticate"), Some("bearer realm=\"closecast\""));
        for wrong in [unknown.as_str(), "", "nonsense", "closecast_'; drop table keys; --"] {
            assert_eq!(send(&[("X-API-Key", wrong)]).status, 401, "{wrong}");
        }
        let with = keys.each_ref().map(|key| send(&[("Authorization", &format!("Bearer {key}"))]).status);
        assert_eq!(with, expected, "{method} {path}");
    }
}

#[test]
fn a_key_is_shown_once_kept_as_a_hash_and_opens_until_it_is_revoked() {
    let folder = place("");
    let admin = key(folder.path(), "ana", "admin");
    let server = Server::start(folder.path());
    let made = server.post("/api/keys", &admin, r#"{"name": "robot", "role": "operator"}"#).json();
    let (id, robot) = (made["key_id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!(server.get("/api/symbols", robot).status, 200);
    let listed = server.get("/api/keys", &admin).text();
    assert!(listed.contains("robot") && !listed.contains(robot) && !listed.contains(&admin), "{listed}");
    for entry in walk(folder.path()) {
        let bytes = std::fs::read(&entry).unwrap_or_default();
        for secret in [robot, &admin] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a key stands in {}", entry.display());
        }
    }
    let revoked = server.send("DELETE", &format!("/api/keys/{id}"), &[("X-API-Key", &admin)], "");
    assert_eq!((revoked.status, revoked.json()["revoked_at"].is_string()), (200, true));
    assert_eq!(server.get("/api/symbols", robot).status, 401);
    assert_eq!(server.send("DELETE", &format!("/api/keys/{id}"), &[("X-API-Key", &admin)], "").status, 404);
}

#[test]
fn to_revoke_the_last_key_opens_nothing() {
    let folder = place("");
    key(folder.path(), "ana", "admin");
    let listed = String::from_utf8(run(folder.path(), &["keys", "list"]).stdout).unwrap();
    let id = listed.lines().nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert!(run(folder.path(), &["keys", "revoke", &id]).status.success());
    let server = Server::start(folder.path());
    assert_eq!(server.send("GET", "/api/symbols", &[], "").status, 401);
    assert_eq!(server.send("POST", "/train", &[JSON], TRAIN).status, 401);
}

#[test]
fn reading_may_be_public_and_nothing_else_is() {
    let folder = place("[server]\npublic_read = true");
    key(folder.path(), "ana", "admin");
    let server = Server::start(folder.path());
    for path in ["/api/symbols", "/api/predictions/AAPL", "/api/jobs"] {
        assert_eq!(server.send("GET", path, &[], "").status, 200, "{path}");
    }
    assert_eq!(server.send("POST", "/train", &[JSON], TRAIN).status, 401);
    assert_eq!(server.send("GET", "/api/keys", &[], "").status, 401);
    assert_eq!(server.get("/api/symbols", "wrong").status, 401, "a wrong key is not the same as none");
}

#[test]
fn the_first_key_through_the_interface_is_an_admins() {
    let folder = place("");
    let server = Server::start(folder.path());
    let viewer = server.post("/api/keys", "", r#"{"name": "robot", "role": "viewer"}"#);
    assert_eq!(viewer.status, 422, "{}", viewer.text());
    let admin = server.post("/api/keys", "", r#"{"name": "ana", "role": "admin"}"#);
    assert_eq!(admin.status, 201, "{}", admin.text());
    assert_eq!(server.send("GET", "/api/symbols", &[], "").status, 401, "at once");
    for name in ["", "   ", "a\\u0000b", &"a".repeat(65)] {
        let body = format!(r#"{{"name": "{name}", "role": "viewer"}}"#);
        let key = admin.json()["key"].as_str().unwrap().to_owned();
        assert_eq!(server.post("/api/keys", &key, &body).status, 422, "{name}");
    }
}

#[test]
fn first_key_is_one_of_forty_that_are_asked_for_at_once() {
    let folder = place("[server.limits]\naddress_per_second = 1000");
    let server = Server::start(folder.path());
    let ask = |_| server.post("/api/keys", "", r#"{"name": "ana", "role": "admin"}"#).status;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..40).map(|number| scope.spawn(move || ask(number))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 39, "{statuses:?}");
}

#[test]
fn first_key_of_another_role_is_refused_on_the_command_line() {
    let folder = place("");
    let refused = run(folder.path(), &["keys", "create", "robot", "--role", "viewer"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && told.contains("role: the first key"), "{told}");
    let create = |name: &str| {
        let made = run(folder.path(), &["keys", "create", name, "--json"]);
        serde_json::from_slice::<serde_json::Value>(&made.stdout).unwrap()["role"].clone()
    };
    assert_eq!([create("ana"), create("robot")], ["admin", "viewer"], "unless it is said otherwise");
}

#[test]
fn who_did_what_is_written_down_without_the_key() {
    let folder = place("");
    let [admin, operator, viewer] = ["admin", "operator", "viewer"].map(|role| key(folder.path(), role, role));
    let server = Server::start(folder.path());
    let accepted = server.post("/train", &operator, TRAIN);
    assert_eq!(accepted.status, 202);
    assert_eq!(server.post("/train", &viewer, TRAIN).status, 403);
    assert_eq!(server.get("/api/symbols", &viewer).status, 200);
    let page = server.get("/api/audit?limit=10", &admin).json();
    let acts = page["acts"].as_array().unwrap();
    let told: Vec<_> = acts
        .iter()
        .map(|act| (act["key_name"].as_str(), act["action"].as_str().unwrap(), act["status"].as_u64()))
        .collect();
    assert_eq!(told[0], (Some("viewer"), "POST /train", Some(403)));
    assert_eq!(told[1], (Some("operator"), "POST /train", Some(202)));
    assert_eq!(told[2..], [(None, "keys create", Some(200)); 3]);
    assert_eq!(acts[1]["request_id"].as_str(), accepted.header("x-request-id"));
    assert_eq!(acts[1]["address"], "127.0.0.1");
    let job = accepted.json()["job_id"].as_str().unwrap().to_owned();
    assert_eq!(acts[1]["target"], format!("/train job {job}"), "what came of it");
    assert!(!page.to_string().contains("closecast_"), "{page}");
}

#[test]
fn reads_of_keys_and_of_the_audit_log_are_in_the_audit_log() {
    let folder = place("");
    let [admin, viewer] = ["admin", "viewer"].map(|role| key(folder.path(), role, role));
    let server = Server::start(folder.path());
    assert_eq!(server.get("/api/keys", &admin).status, 200);
    assert_eq!(server.get("/api/keys", &viewer).status, 403);
    assert_eq!(server.get("/api/audit", &admin).status, 200);
    let page = server.get("/api/audit?limit=3", &admin).json();
    let acts = page["acts"].as_array().unwrap().iter();
    let told: Vec<_> = acts.map(|act| (act["key_name"].as_str().unwrap(), act["action"].as_str().unwrap())).collect();
    assert_eq!(told, [("admin", "GET /api/audit"), ("viewer", "GET /api/keys"), ("admin", "GET /api/keys")]);
}

#[test]
fn who_hangs_up_is_written_down_too() {
    let folder = place("");
    let server = Server::start(folder.path());
    let body = r#"{"symbol": "AAPL", "epochs": 5000, "hidden_size": 4, "lookback": 10}"#;
    let (host, json, length) = ("Host: localhost", "Content-Type: application/json", body.len());
    let request =
        format!("POST /train?wait=true HTTP/1.1\r\n{host}\r\n{json}\r\nContent-Length: {length}\r\n\r\n{body}");
    let mut stream = server.connect();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let jobs = || server.send("GET", "/api/jobs", &[], "").text().contains("train_model");
    (0..100)
        .find(|_| {
            jobs() || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                false
            }
        })
        .unwrap();
    drop(stream);
    let written = || {
        let page = server.send("GET", "/api/audit", &[], "").json();
        page["acts"].as_array().unwrap().iter().any(|act| act["status"] == 499)
    };
    (0..100)
        .find(|_| {
            written() || {
                std::thread::sleep(std::time::Duration::from_millis(50));
                false
            }
        })
        .unwrap();
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path) } else { vec![path] }
        })
        .collect()
}
