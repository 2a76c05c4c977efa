//! Keys, and who did what with them.

use serde_json::json;

use crate::row::{Row, get, post, request};

const KEY: &[&str] = &["key_id, name, role, created_at: string", "last_used_at: string?", "revoked_at: string"];

const KEYS: &[&str] = &[
    "keys[].key_id, keys[].name, keys[].role, keys[].created_at: string",
    "keys[].last_used_at, keys[].revoked_at: string?",
];

const ACTS: &[&str] = &[
    "acts[].id, acts[].status: integer",
    "acts[].at, acts[].address, acts[].request_id, acts[].action, acts[].target: string",
    "acts[].key_id, acts[].key_name: string?",
    "next: integer?",
];

const NEW_KEY: &[&str] = &["key_id, key, role: string"];

pub(super) fn rows() -> Vec<Row> {
    let by_admin = |row: Row| row.header("Authorization", "Bearer {admin}");
    vec![
        get("/api/keys").answers(200, &["keys = []"]),
        post("/api/keys").json(&json!({"name": "ana", "role": "admin"})).answers(201, NEW_KEY).keeps("admin", "/key"),
        by_admin(post("/api/keys"))
            .json(&json!({"name": "page", "role": "viewer"}))
            .answers(201, NEW_KEY)
            .keeps("id", "/key_id"),
        by_admin(get("/api/keys")).answers(200, KEYS),
        by_admin(request("DELETE", "/api/keys/{id}")).answers(200, KEY),
        by_admin(get("/api/audit?limit=20")).answers(200, ACTS),
        // The header that some clients use instead.
        get("/api/stocks/AAPL?days=1").header("X-API-Key", "{admin}").answers(200, &["symbol = \"AAPL\""]),
    ]
}
