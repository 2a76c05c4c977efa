//! Why a command failed, and the exit code that tells a script whose fault it is.

use std::process::ExitCode;

use closecast_app::error::AppError;
use closecast_domain::{ForecastError, HistoryError, Symbol, SymbolError};
use closecast_model::{ArtifactError, SpecError, tune::TuneError};
use closecast_store::StoreError;

/// Why a command failed. The text is one line for the person who gave the command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The settings are wrong.
    #[error("{0}")]
    Settings(String),
    /// An argument is wrong.
    #[error("{0}")]
    Usage(String),
    /// The command line is not one of ours. The text is for `--json`: a person sees the command's usage as well.
    #[error("{}", crate::usage_text::in_one_line(.0))]
    Arguments(clap::Error),
    /// The server would listen beyond this machine without a key.
    #[error(
        "anybody who reaches {0} could train and change models, because there is no key: make one with `closecast keys create NAME --role admin`, listen on 127.0.0.1, or say --allow-open if the network keeps others away"
    )]
    OpenToAll(std::net::SocketAddr),
    /// The server could not listen.
    #[error("cannot listen on {address}: {source}. Choose another port with --port")]
    Listen {
        /// Address to listen on.
        address: std::net::SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The operating system refused threads, a terminal or a pipe.
    #[error("the operating system refused: {0}")]
    Runtime(std::io::Error),
    /// A task panicked.
    #[error("internal error, please report it: {0}")]
    Internal(String),
    /// A use case failed.
    #[error("{failure}{remedy}", failure = .0, remedy = remedy(.0))]
    UseCase(AppError),
}

impl CliError {
    /// Returns 2 when the command was given wrongly, 130 when it was cancelled, and 1 otherwise.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Settings(_) | Self::Usage(_) | Self::Arguments(_) | Self::OpenToAll(_) => 2,
            Self::UseCase(failure) if is_usage(failure.cause()) => 2,
            Self::UseCase(failure) if failure.is_cancelled() => 130,
            Self::UseCase(_) | Self::Listen { .. } | Self::Runtime(_) | Self::Internal(_) => 1,
        })
    }
}

fn is_usage(failure: &AppError) -> bool {
    matches!(
        failure,
        AppError::Usage(_)
            | AppError::Symbol(_)
            | AppError::Import(_)
            | AppError::Shorter { .. }
            | AppError::Spec(_)
            | AppError::Tune(TuneError::Spec(_))
    )
}

/// Returns what to do about a failure on the command line, to be put after its text; empty where the text says it.
fn remedy(failure: &AppError) -> String {
    match failure.cause() {
        AppError::NoHistory(symbol) => format!(
            ": fetch them with `closecast fetch {symbol}` or import a file with `closecast import FILE --symbol {symbol}`"
        ),
        AppError::NoModel { name, symbol } => {
            format!(": train one with `closecast train {symbol}{}`", name_flag(name, symbol))
        }
        AppError::UnknownModel(_) => ": see `closecast models list`".to_owned(),
        AppError::NoJob(_) => ": see `closecast jobs list`".to_owned(),
        AppError::NoRun(_) => ": see `closecast runs list`".to_owned(),
        AppError::NoKey(_) => ": see `closecast keys list`".to_owned(),
        AppError::NoChallenger(_) => ": train one, or name one of `closecast models list` with --version".to_owned(),
        AppError::Shorter { .. } => ". Add --replace to discard what is stored".to_owned(),
        AppError::Fewer { symbol, .. } => format!(
            ". To start over, export what is stored, then use `closecast import FILE --symbol {symbol} --replace`"
        ),
        _ => String::new(),
    }
}

/// Returns the flag that gives a model its name, unless it is the symbol's.
fn name_flag(name: &str, symbol: &Symbol) -> String {
    if name == symbol.as_str() { String::new() } else { format!(" --model-name {name}") }
}

/// Conversions of errors that commands meet outside of use cases.
macro_rules! from_app {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::UseCase(error.into())
            }
        })*
    };
}

from_app!(AppError, ForecastError, SymbolError, SpecError, HistoryError, StoreError, ArtifactError, TuneError);
