//! What the person at the terminal sees. With `--json`, standard output holds one JSON object and nothing else.

pub(crate) mod progress;

use crate::error::CliError;
use std::{
    fmt,
    io::{self, Write},
};

use serde::Serialize;

/// Standard output and standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    json: bool,
}

impl Terminal {
    /// Returns a terminal that shows text, or with `json` one object.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Returns whether a machine is reading.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Writes a line of text; nothing with `--json`.
    ///
    /// # Errors
    /// [`CliError::Runtime`] when standard output cannot be written; a closed pipe is not an error.
    pub(crate) fn line(&self, text: impl fmt::Display) -> Result<(), CliError> {
        if self.json { Ok(()) } else { written(writeln!(io::stdout().lock(), "{text}")) }
    }

    /// Writes an object as JSON; nothing without `--json`.
    ///
    /// # Errors
    /// [`CliError::Runtime`] when standard output cannot be written; a closed pipe is not an error.
    pub(crate) fn object(&self, object: &impl Serialize) -> Result<(), CliError> {
        if !self.json {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(object).map_err(|error| CliError::Internal(error.to_string()))?;
        written(writeln!(io::stdout().lock(), "{text}"))
    }

    /// Writes a remark to standard error, where it does not disturb what a script reads.
    pub(crate) fn remark(&self, text: impl fmt::Display) {
        let _nowhere_left_to_tell = writeln!(io::stderr().lock(), "{text}");
    }

    /// Writes why the command failed, in one line; for a wrong command line, with the command's usage.
    pub(crate) fn failure(&self, failure: &CliError) {
        if let (CliError::Arguments(error), false) = (failure, self.json) {
            let _nowhere_left_to_tell = error.print();
            return;
        }
        let text = failure.to_string().replace(['\n', '\r'], " ");
        if self.json {
            self.remark(serde_json::json!({ "error": text }));
        } else {
            self.remark(format_args!("error: {text}"));
        }
    }
}

/// `closecast … | head` closes the pipe early, which is no failure of ours.
fn written(result: io::Result<()>) -> Result<(), CliError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Runtime(error)),
        _ => Ok(()),
    }
}
