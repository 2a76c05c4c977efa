//! Fetching new prices.

use std::collections::BTreeMap;

use closecast_domain::{Exchange, ForecastError, Symbol};
use serde::{Deserialize, Serialize};

use super::{Context, Done};
use crate::{error::AppError, use_cases::fetch::fetch};

/// Of what to fetch new prices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefreshBars {
    /// All stored symbols when empty.
    #[serde(default)]
    pub symbols: Vec<Symbol>,
    /// Only those of this exchange.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
struct Refreshed {
    /// New sessions by symbol.
    added: BTreeMap<String, usize>,
    /// Symbols that could not be refreshed, and why; what was stored of them stays.
    failed: BTreeMap<String, String>,
}

impl RefreshBars {
    pub(super) async fn run(self, context: &Context) -> Result<Done, AppError> {
        let app = &context.app;
        let mut symbols = self.symbols;
        if symbols.is_empty() {
            symbols = app.store.bars().list().await?.into_iter().map(|info| info.symbol).collect();
        }
        symbols.retain(|symbol| self.exchange.is_none_or(|exchange| Exchange::of(symbol) == exchange));
        let mut refreshed = Refreshed::default();
        let mut last = None;
        for (done, symbol) in symbols.iter().enumerate() {
            if context.task.cancel.is_cancelled() {
                return Err(ForecastError::Cancelled.into());
            }
            let failure = match fetch(app, symbol, None, None).await {
                Ok(fetched) => match fetched.stale {
                    None => {
                        refreshed.added.insert(symbol.to_string(), fetched.added);
                        None
                    }
                    Some(error) => Some(AppError::from(error)),
                },
                Err(failure) => Some(failure),
            };
            if let Some(failure) = failure {
                refreshed.failed.insert(symbol.to_string(), failure.to_string());
                last = Some(failure);
            }
            context.progress.steps(done + 1, symbols.len());
        }
        match last {
            // Nothing came at all: the source is down, which may pass.
            Some(failure) if refreshed.added.is_empty() => Err(failure),
            _ => Done::with(refreshed),
        }
    }
}
