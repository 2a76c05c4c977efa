//! What the server tells of itself and of its models, over a real socket.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]
#![cfg(unix)]

#[path = "program/command.rs"]
mod command;
#[path = "monitoring/exposition.rs"]
mod exposition;
#[path = "monitoring/figures.rs"]
mod figures;
#[path = "monitoring/forecasts.rs"]
mod forecasts;
#[path = "monitoring/model_health.rs"]
mod model_health;
#[path = "program/server.rs"]
mod server;
#[path = "monitoring/wrong_questions.rs"]
mod wrong_questions;

use std::{path::Path, process::Stdio};

use command::{command, write_csv};
use exposition::Figures;
use serde_json::Value;
use server::Server;

/// Returns the JSON in a body, which may come in chunks with their lengths around them.
fn json(body: &str) -> Value {
    let (from, to) = (body.find('{').unwrap(), body.rfind('}').unwrap());
    let text = &body[from..=to];
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn with_prices(folder: &Path) {
    write_csv(&folder.join("AAPL.csv"), 450);
    assert!(command(folder).args(["import", "AAPL.csv"]).stdout(Stdio::null()).status().unwrap().success());
}

impl Server {
    fn json(&self, path: &str) -> Value {
        let (status, head, body) = self.ask("GET", path);
        assert_eq!(status, 200, "{path}: {body}");
        assert!(head.contains("content-type: application/json"), "{head}");
        json(&body)
    }

    fn figures(&self, path: &str) -> Figures {
        let (status, head, body) = self.ask("GET", path);
        assert_eq!(status, 200, "{path}: {body}");
        assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
        Figures::read(&body)
    }

    fn problem(&self, path: &str, status: u16) -> String {
        let (found, head, body) = self.ask("GET", path);
        assert_eq!(found, status, "{path}: {body}");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        json(&body)["detail"].as_str().unwrap().to_owned()
    }
}
