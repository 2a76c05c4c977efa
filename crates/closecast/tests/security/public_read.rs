//! What everybody sees with `public_read`: the table in docs/SECURITY.md, compared with what the server does.

use std::collections::BTreeSet;

use crate::{
    server::Server,
    usual::{key, place},
};

/// Returns the routes that the table of the document lists, such as `GET /api/symbols`.
fn listed() -> BTreeSet<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SECURITY.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, after) = text.split_once("| route | what everybody sees |").unwrap();
    let rows = after.trim_start_matches('\n').lines().take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn every_route_that_answers_without_a_key_is_listed_in_the_document() {
    let folder = place("[server]\npublic_read = true");
    key(folder.path(), "ana", "admin");
    let server = Server::start(folder.path());
    let description = server.send("GET", "/openapi.json", &[], "").json();
    let mut open = BTreeSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        let asked =
            path.replace("{symbol}", "AAPL").replace("{name}", "BASE").replace("{version}", "1").replace("{id}", "x");
        for (method, operation) in operations.as_object().unwrap() {
            // Signs of life ask for no key at all.
            let needs_key = operation["security"].is_array();
            let method = method.to_uppercase();
            let status = server.send(&method, &asked, &[], "").status;
            if needs_key && status != 401 {
                open.insert(format!("{method} {path}"));
            }
        }
    }
    assert_eq!(open, listed(), "left: what the server shows; right: what docs/SECURITY.md lists");
}
