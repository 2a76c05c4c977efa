//! All routes: those of the description, and those beside it.

use std::io::{Read as _, Write as _};

use serde_json::Value;

use crate::server::Server;

/// Addresses that the description does not have.
const BESIDE: [&str; 7] =
    ["/", "/docs", "/redoc", "/openapi.json", "/static/plotly.min.js", "/static/app.js", "/nowhere/{x}"];

/// How often each of those stands among the others: they are open to all, and so what a caller without a key can misuse most.
const TIMES: usize = 10;

/// A route, with names such as `{symbol}` in its path.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: String,
    path: String,
}

impl Route {
    /// Returns the path with `value` in the place of each name.
    pub(crate) fn path(&self, value: &str) -> String {
        let mut path = String::new();
        for (index, piece) in self.path.split(['{', '}']).enumerate() {
            path.push_str(if index % 2 == 1 { value } else { piece });
        }
        path
    }
}

/// Returns the routes of a server.
pub(crate) fn all(server: &Server) -> Vec<Route> {
    let route = |method: &str, path: &str| Route { method: method.to_ascii_uppercase(), path: path.to_owned() };
    let description = description(server);
    let paths = description["paths"].as_object().unwrap().iter();
    let described =
        paths.flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|method| route(method, path)));
    let beside = std::iter::repeat_n(BESIDE, TIMES).flatten().map(|path| route("get", path));
    let routes: Vec<Route> = described.chain(beside).collect();
    assert!(routes.len() > 40, "{routes:?}");
    routes
}

fn description(server: &Server) -> Value {
    let mut stream = server.connect();
    // Of HTTP/1.0, so that the body comes in one piece.
    stream.write_all(b"GET /openapi.json HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    serde_json::from_slice(&answer[end + 4..]).unwrap()
}

#[test]
fn names_of_a_path_are_replaced() {
    let route = Route { method: "GET".to_owned(), path: "/api/{a}/x/{b}".to_owned() };
    assert_eq!(route.path("AAPL"), "/api/AAPL/x/AAPL");
}
