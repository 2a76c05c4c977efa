//! Every route, once at least, with what clients send to it.

#[path = "routes/forecasts.rs"]
mod forecasts;
#[path = "routes/health.rs"]
mod health;
#[path = "routes/inference.rs"]
mod inference;
#[path = "routes/keys.rs"]
mod keys;
#[path = "routes/models.rs"]
mod models;
#[path = "routes/server.rs"]
mod server;
#[path = "routes/stocks.rs"]
mod stocks;

use crate::{
    description::gaps,
    place::{server_without_source, with_models, with_prices},
    row::{Told, report},
};

/// All rows go to one server, in this order: what the first ones leave behind is there for the next ones.
#[test]
fn every_route_of_the_earlier_systems() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    with_models(folder.path());
    let server = server_without_source(folder.path());
    let groups = [
        server::rows(),
        stocks::rows(),
        forecasts::rows(),
        health::rows(),
        inference::rows(),
        models::rows(),
        // Once there is a key, all others would have to send one.
        keys::rows(),
    ];
    let rows: Vec<_> = groups.into_iter().flatten().collect();
    let mut failures = gaps(&server.send("GET", "/openapi.json", &[], "").json(), &rows);
    let mut told = Told::new();
    failures.extend(rows.iter().filter_map(|row| row.failure(&server, &mut told)));
    report(&failures);
}
