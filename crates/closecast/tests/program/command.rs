//! The real binary in a folder of its own, away from the settings of whoever runs the tests.

use std::{fmt::Write as _, path::Path, process::Command};

use closecast_testkit::histories::random_walk;

/// Returns the program with `folder` as its working folder and an empty environment.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_closecast"));
    command.env_clear().current_dir(folder).args(["--data-dir", "data"]);
    command
}

/// Writes a clean CSV of `days` sessions in Yahoo's layout.
pub(crate) fn write_csv(path: &Path, days: usize) {
    let mut text = "Date,Open,High,Low,Close,Adj Close,Volume\n".to_owned();
    for bar in random_walk("AAPL", days, 9).bars() {
        let (date, open, high, low, close, volume) = (bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume);
        writeln!(text, "{date},{open:.6},{high:.6},{low:.6},{close:.6},{close:.6},{volume:.0}").unwrap();
    }
    std::fs::write(path, text).unwrap();
}
