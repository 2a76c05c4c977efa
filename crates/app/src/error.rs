//! Why a use case failed.

use closecast_data::{
    import::{FileError, ImportError},
    provider::ProviderError,
};
use closecast_domain::{ForecastError, HistoryError, Symbol, SymbolError};
use closecast_eval::backtest::BacktestError;
use closecast_model::{ArtifactError, SpecError, tune::TuneError};
use closecast_store::StoreError;

/// Why a use case failed. The text is one line that names what is wrong; how to mend it is for the front end to add.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// An argument is wrong.
    #[error("{0}")]
    Usage(String),
    /// A symbol is not one.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// A file cannot be imported.
    #[error(transparent)]
    Import(#[from] FileError),
    /// What was sent cannot be imported.
    #[error(transparent)]
    Stream(ImportError),
    /// A model description is out of range.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// There is no history of that symbol.
    #[error("there are no prices of {0}")]
    NoHistory(Symbol),
    /// There is no model of that name.
    #[error("there is no model {name:?}")]
    NoModel {
        /// Name asked for.
        name: String,
        /// Symbol to train.
        symbol: Symbol,
    },
    /// There is no model of that name, whatever its symbol.
    #[error("there is no model {0:?}")]
    UnknownModel(String),
    /// There is no job of that identifier.
    #[error("there is no job {0:?}")]
    NoJob(String),
    /// There is no run of that identifier.
    #[error("there is no run {0:?}")]
    NoRun(String),
    /// There is no key of that identifier.
    #[error("there is no key {0:?} that is not revoked")]
    NoKey(String),
    /// There is nothing to put into service.
    #[error("no version of {0:?} waits to go into service")]
    NoChallenger(String),
    /// Two models could not be compared.
    #[error(transparent)]
    Promotion(#[from] closecast_eval::promotion::PromotionError),
    /// An import would lose stored days.
    #[error(
        "{symbol} is stored from {} to {}, and this file covers {} to {} only: nothing was imported",
        .stored.0, .stored.1, .offered.0, .offered.1
    )]
    Shorter {
        /// Symbol.
        symbol: Symbol,
        /// First and last day of the file.
        offered: (chrono::NaiveDate, chrono::NaiveDate),
        /// First and last day stored.
        stored: (chrono::NaiveDate, chrono::NaiveDate),
    },
    /// The provider delivered less than is stored.
    #[error(
        "the price source delivers {symbol} without {lost} of the {stored} stored sessions, so nothing was changed"
    )]
    Fewer {
        /// Symbol.
        symbol: Symbol,
        /// Stored sessions that were not delivered.
        lost: usize,
        /// Stored sessions.
        stored: usize,
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
    /// A backtest ended early.
    #[error(transparent)]
    Backtest(#[from] BacktestError),
    /// A search for a model ended early.
    #[error(transparent)]
    Tune(#[from] TuneError),
    /// A file cannot be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// File.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The operating system refused threads, a terminal or a pipe.
    #[error("the operating system refused: {0}")]
    Runtime(std::io::Error),
    /// Too many wait for an answer.
    #[error("too many requests are being answered: ask again in a moment")]
    Busy,
    /// What others who waited for the same were told too.
    #[error("{0}")]
    Shared(std::sync::Arc<AppError>),
    /// A task of ours panicked.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}

impl AppError {
    /// Returns the failure itself, where it is one that several were told.
    pub fn cause(&self) -> &Self {
        match self {
            Self::Shared(failure) => failure.cause(),
            _ => self,
        }
    }

    /// Returns whether the work ended because somebody asked for that.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self.cause(),
            Self::Forecast(ForecastError::Cancelled)
                | Self::Backtest(BacktestError::Cancelled)
                | Self::Tune(TuneError::Cancelled)
                | Self::Promotion(closecast_eval::promotion::PromotionError::Cancelled)
        )
    }

    /// Returns whether the same may work later: a price source or the store does not answer.
    pub fn is_transient(&self) -> bool {
        match self.cause() {
            // The circuit breaker closes again.
            Self::Provider(error) => error.is_retryable() || matches!(error, ProviderError::CircuitOpen { .. }),
            Self::Store(error) => error.is_transient(),
            Self::Runtime(_) => true,
            _ => false,
        }
    }
}
