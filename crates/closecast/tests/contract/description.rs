//! The description that the server gives of itself, beside the table.

use serde_json::Value;

use crate::row::Row;

/// What people look at, and the description itself: no part of what is described.
const PAGES: [&str; 5] = ["/", "/docs", "/redoc", "/openapi.json", "/static/{file}"];

/// A described route with one method.
struct Operation {
    method: String,
    path: String,
    statuses: Vec<String>,
}

/// Returns which described routes no row is about that succeeds, which pages neither, and which rows are about nothing described or
/// expect a status that is not.
pub(crate) fn gaps(description: &Value, rows: &[Row]) -> Vec<String> {
    let operations = operations(description);
    let mut unproven: Vec<String> = operations.iter().map(|of| format!("{} {}", of.method, of.path)).collect();
    unproven.extend(PAGES.map(|path| format!("GET {path}")));
    let mut gaps = Vec::new();
    for row in rows {
        let path = row.path.split('?').next().unwrap_or_default();
        let about = operations.iter().filter(|of| of.method == row.method && matches(&of.path, path));
        // A name in a route goes before a place for one.
        let about = about.min_by_key(|of| of.path.matches('{').count());
        let route = about.map(|of| of.path.as_str()).or_else(|| PAGES.into_iter().find(|page| matches(page, path)));
        let Some(route) = route else {
            gaps.push(format!("{} {path}\n    is no route that the description has", row.method));
            continue;
        };
        if about.is_some_and(|of| !of.statuses.contains(&row.status.to_string())) {
            gaps.push(format!("{} {route}\n    does not describe the status {}", row.method, row.status));
        }
        if row.status < 300 {
            unproven.retain(|name| *name != format!("{} {route}", row.method));
        }
    }
    gaps.extend(unproven.into_iter().map(|name| format!("{name}\n    has no row in the table, or none that succeeds")));
    gaps
}

fn operations(description: &Value) -> Vec<Operation> {
    let methods = ["get", "post", "put", "patch", "delete", "head", "options"];
    let paths = description["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| methods.iter().map(move |method| (path, *method, &item[*method])));
    let described = all.filter(|(_, _, operation)| operation.is_object());
    let operation = |(path, method, operation): (&String, &str, &Value)| {
        let statuses = operation["responses"].as_object().unwrap().keys().cloned().collect();
        Operation { method: method.to_uppercase(), path: path.clone(), statuses }
    };
    described.map(operation).collect()
}

/// Returns whether a path is one of a route, whose names in braces stand for anything.
fn matches(route: &str, path: &str) -> bool {
    let (route, path): (Vec<&str>, Vec<&str>) = (route.split('/').collect(), path.split('/').collect());
    let same =
        |(of_route, of_path): (&&str, &&str)| of_route == of_path || (of_route.starts_with('{') && !of_path.is_empty());
    route.len() == path.len() && route.iter().zip(&path).all(same)
}

#[test]
fn a_route_without_a_row_and_a_row_without_a_route_are_told() {
    use crate::row::{get, post};
    let responses = serde_json::json!({"200": {}});
    let description = serde_json::json!({"paths": {
        "/a/{id}": {"get": {"responses": responses}, "delete": {"responses": responses}},
        "/a/list": {"get": {"responses": responses}},
    }});
    let mut rows: Vec<Row> = PAGES.into_iter().map(get).collect();
    rows.extend([get("/a/list?limit=2"), post("/a/list"), get("/a/7").answers(404, &[])]);
    let told: Vec<String> = gaps(&description, &rows).iter().map(|gap| gap.replace("\n    ", ": ")).collect();
    assert_eq!(
        told,
        [
            "POST /a/list: is no route that the description has",
            "GET /a/{id}: does not describe the status 404",
            "GET /a/{id}: has no row in the table, or none that succeeds",
            "DELETE /a/{id}: has no row in the table, or none that succeeds",
        ]
    );
}
