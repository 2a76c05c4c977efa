//! What is wrong with a command line.

use crate::error::CliError;
use std::error::Error as _;

use clap::{
    Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// Returns why the arguments are refused. Ends the process with success when they ask for help or the version.
pub(crate) fn failure(error: Error) -> CliError {
    if !error.use_stderr() {
        error.exit();
    }
    match wrong_value(&error) {
        Some(line) => CliError::Usage(line),
        None => CliError::Arguments(error),
    }
}

/// Returns which argument has a value that its parser refuses, and why: `--start-date: "2020-13-01" is not a date; …`.
fn wrong_value(error: &Error) -> Option<String> {
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    // The argument comes as in the usage, `--start-date <DATE>`.
    let name = context(ContextKind::InvalidArg)?.split(' ').next()?;
    let value = context(ContextKind::InvalidValue)?;
    let reason = error.source()?.to_string();
    // Our own parsers say the value; those of numbers say only what is wrong with it.
    let names_value = reason.contains(value);
    Some(if names_value { format!("{name}: {reason}") } else { format!("{name}: {value:?} is not valid: {reason}") })
}
