//! `closecast fetch`.

use crate::commands::services;
use crate::error::CliError;
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::Args;
use closecast_domain::Symbol;
use serde::Serialize;

use crate::{config::Settings, terminal::Terminal};
use closecast_app::{plural::counted, use_cases};

/// Arguments of `closecast fetch`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Symbols as Yahoo Finance writes them, such as AAPL or PETR4.SA.
    #[arg(required = true)]
    symbols: Vec<Symbol>,
    /// First session, YYYY-MM-DD [default: where the stored prices begin, or 2000-01-01]
    #[arg(long, value_name = "DATE", value_parser = crate::arguments::date)]
    start_date: Option<NaiveDate>,
    /// Last session, YYYY-MM-DD [default: the last settled one]
    #[arg(long, value_name = "DATE", value_parser = crate::arguments::date)]
    end_date: Option<NaiveDate>,
}

#[derive(Serialize)]
struct Outcome {
    symbol: Symbol,
    rows: usize,
    added: usize,
    last_date: Option<NaiveDate>,
    stale: bool,
    error: Option<String>,
}

/// Refreshes every symbol; one that fails does not stop the others, but the command then fails.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    if let (Some(start), Some(end)) = (arguments.start_date, arguments.end_date)
        && start > end
    {
        return Err(CliError::Usage(format!("start-date {start} is after end-date {end}")));
    }
    let app = services::open(&settings).await?;
    let mut outcomes = Vec::new();
    for symbol in arguments.symbols {
        let done = use_cases::fetch::fetch(&app, &symbol, arguments.start_date, arguments.end_date).await;
        let outcome = match done {
            Ok(fetched) => {
                match &fetched.stale {
                    Some(error) => terminal.remark(format_args!(
                        "warning: {symbol} could not be refreshed ({error}); the stored prices are kept"
                    )),
                    None => terminal.line(format_args!(
                        "{symbol}: {}, {} new",
                        counted(fetched.rows, "row"),
                        fetched.added
                    ))?,
                }
                let error = fetched.stale.as_ref().map(ToString::to_string);
                Outcome {
                    symbol,
                    rows: fetched.rows,
                    added: fetched.added,
                    last_date: fetched.last_date,
                    stale: error.is_some(),
                    error,
                }
            }
            Err(failure) => {
                let failure = CliError::from(failure);
                terminal.failure(&failure);
                Outcome { symbol, rows: 0, added: 0, last_date: None, stale: false, error: Some(failure.to_string()) }
            }
        };
        outcomes.push(outcome);
    }
    terminal.object(&serde_json::json!({ "symbols": outcomes }))?;
    let failed = outcomes.iter().any(|outcome| outcome.error.is_some() && !outcome.stale);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
