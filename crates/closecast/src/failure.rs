//! Why a command failed, and the exit code that tells a script whose fault it is.

use std::process::ExitCode;

use closecast_data::{import::FileError, provider::ProviderError};
use closecast_domain::{ForecastError, HistoryError, Symbol, SymbolError};
use closecast_model::{ArtifactError, SpecError};
use closecast_store::StoreError;

/// Why a command failed. The text is one line for the person who gave the command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The settings are wrong.
    #[error("settings: {0}")]
    Settings(String),
    /// An argument is wrong.
    #[error("{0}")]
    Usage(String),
    /// A symbol is not one.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// A file cannot be imported.
    #[error(transparent)]
    Import(#[from] FileError),
    /// A model description is out of range.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// There is no history of that symbol.
    #[error(
        "there are no prices of {0}: fetch them with `closecast fetch {0}` or import a file with `closecast import FILE --symbol {0}`"
    )]
    NoHistory(Symbol),
    /// There is no model of that name.
    #[error("there is no model {name:?}: train one with `closecast train {symbol}`")]
    NoModel {
        /// Name asked for.
        name: String,
        /// Symbol to train.
        symbol: Symbol,
    },
    /// The stored prices give no history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A data provider did not deliver.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored model cannot be read.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// Training or forecasting failed.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
    /// A file cannot be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// File.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The server could not listen.
    #[error("cannot listen on {address}: {source}. Choose another port with --port")]
    Listen {
        /// Address asked for.
        address: std::net::SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The operating system refused threads, a terminal or a pipe.
    #[error("the operating system refused: {0}")]
    Runtime(std::io::Error),
    /// A task of ours panicked.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}

impl Failure {
    /// Returns 2 when the command was given wrongly, 130 when it was cancelled, and 1 otherwise.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Settings(_) | Self::Usage(_) | Self::Symbol(_) | Self::Import(_) | Self::Spec(_) => 2,
            Self::Forecast(ForecastError::Cancelled) => 130,
            _ => 1,
        })
    }
}
