//! A server with the prices of a symbol, and the usual requests to it.

use std::{path::Path, process::Stdio};

use crate::{
    client::Answer,
    command::{command, write_csv},
    server::Server,
};

/// Sessions that are stored of AAPL.
pub(crate) const STORED: usize = 450;

/// Returns a server in `folder` that has prices of AAPL.
pub(crate) fn server_with_prices(folder: &Path) -> Server {
    write_csv(&folder.join("AAPL.csv"), STORED);
    assert!(command(folder).args(["import", "AAPL.csv"]).stdout(Stdio::null()).status().unwrap().success());
    Server::start(folder)
}

impl Server {
    /// Sends JSON.
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[("Content-Type", "application/json")], body)
    }

    /// Asks.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, b"")
    }
}
