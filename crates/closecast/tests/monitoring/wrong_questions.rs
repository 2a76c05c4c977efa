//! What is asked wrongly, and the description of it all.

use crate::{server::Server, with_prices};

#[test]
fn what_is_asked_wrongly_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    with_prices(folder.path());
    let server = Server::start(folder.path());
    let routes = [
        "/api/ml-health/health/",
        "/api/ml-health/prediction-distribution/",
        "/api/ml-health/drift-report?symbol=",
        "/api/ml-health/data-quality?symbol=",
    ];
    for route in routes {
        assert!(server.problem(&format!("{route}NOPE"), 404).contains("there are no prices of NOPE"), "{route}");
        assert!(server.problem(&format!("{route}..%2Fetc"), 422).contains("symbol"), "{route}");
        assert!(server.problem(&format!("{route}%00"), 422).contains("symbol"), "{route}");
    }
    for (path, named) in [
        ("/api/ml-health/drift-report?days=19", "days is 19, but must be from 20 to 252"),
        ("/api/ml-health/drift-report?days=253", "days is 253"),
        ("/api/ml-health/drift-report?limit=0", "limit is 0"),
        ("/api/ml-health/overview?limit=101", "limit is 101"),
        ("/api/ml-health/overview?offset=1000001", "offset"),
        ("/api/ml-health/overview?page=2", "page"),
        ("/api/ml-health/data-quality?limit=x", "limit"),
        ("/api/ml-health/prediction-distribution/AAPL?days=0", "days is 0"),
        ("/api/alerts?limit=501", "limit is 501"),
        ("/api/alerts?open_only=2", "open_only"),
    ] {
        let detail = server.problem(path, 422);
        assert!(detail.contains(named), "{path}: {detail}");
    }
    assert!(server.problem("/api/ml-health/prediction-distribution/AAPL?model=other", 404).contains("other"));
    assert!(server.problem("/api/ml-health/prediction-distribution/AAPL?model=%00", 422).contains("model"));
    let document = server.json("/openapi.json");
    for path in ["/metrics", "/api/monitoring", "/api/ml-health/overview", "/api/alerts"] {
        assert!(document["paths"][path]["get"]["responses"]["200"].is_object(), "{path}");
    }
}
