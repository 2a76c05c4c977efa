//! Where the tables are tried: prices of four symbols, models of two, and a price source that is down.

use std::{fmt::Write as _, net::TcpListener, path::Path};

use closecast_testkit::histories::random_walk;

use crate::{
    command::{command, write_csv},
    server::Server,
};

/// Sessions that are stored of AAPL.
const STORED: usize = 450;

/// Returns prices of a symbol as a file in Yahoo's layout.
pub(crate) fn prices(symbol: &str, days: usize) -> String {
    let mut text = "Date,Open,High,Low,Close,Volume\n".to_owned();
    for bar in random_walk(symbol, days, 5).bars() {
        writeln!(text, "{},{},{},{},{},{}", bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume).unwrap();
    }
    text
}

/// Returns the newest closes of a symbol that is not stored.
pub(crate) fn closes(days: usize) -> Vec<f64> {
    random_walk("GOOGL", days, 3).bars().iter().map(|bar| bar.close).collect()
}

/// Runs the program in `folder`, and fails unless it succeeds.
#[track_caller]
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Stores prices of AAPL, MSFT, DIS and PETR4.SA.
pub(crate) fn with_prices(folder: &Path) {
    write_csv(&folder.join("AAPL.csv"), STORED);
    run(folder, &["import", "AAPL.csv"]);
    for (symbol, days) in [("MSFT", 300), ("DIS", 2000), ("PETR4.SA", 300)] {
        std::fs::write(folder.join("prices.csv"), prices(symbol, days)).unwrap();
        run(folder, &["import", "prices.csv", "--symbol", symbol]);
    }
}

/// Trains two versions of a model of AAPL, of which the first is in service, and one of its closes alone, as older systems have it.
pub(crate) fn with_models(folder: &Path) {
    let train = |more: &[&str]| {
        let quick = ["train", "AAPL", "--epochs", "1", "--hidden-size", "4"];
        run(folder, &[&quick, more].concat());
    };
    train(&["--lookback", "10"]);
    train(&["--lookback", "10", "--seed", "7"]);
    train(&["--model-name", "closes", "--recipe", "min-max-prices", "--lookback", "60"]);
}

/// Starts a server whose price source is at a port where nobody listens.
pub(crate) fn server_without_source(folder: &Path) -> Server {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = command(folder);
    command.env("CLOSECAST_YAHOO_URL", format!("http://{closed}"));
    Server::of(command, folder)
}
