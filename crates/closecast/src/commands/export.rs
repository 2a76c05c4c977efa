//! `closecast export`.

use crate::commands::services;
use crate::error::CliError;
use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use closecast_data::export;
use closecast_domain::Symbol;

use crate::{config::Settings, terminal::Terminal};
use closecast_app::{
    plural::counted,
    use_cases::{self, output_file::OutputFile},
};

/// Arguments of `closecast export`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Symbol whose stored prices are exported.
    symbol: Symbol,
    /// File to write, or - for standard output [default: SYMBOL_data.csv, or test_input.json with --test-json]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the newest closes instead of CSV, as the body which POST /predict of older systems takes.
    #[arg(long)]
    test_json: bool,
    /// Closes in that body.
    #[arg(long, default_value_t = 60, value_name = "DAYS", requires = "test_json")]
    lookback: usize,
}

/// Writes the history as CSV with a clean header, or the newest closes as JSON.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    let history = use_cases::history::load(&app, &arguments.symbol).await?.history;
    let mut content = Vec::new();
    let default_name = if arguments.test_json {
        let payload = export::test_payload(&history, arguments.lookback);
        serde_json::to_writer_pretty(&mut content, &payload).map_err(|error| CliError::Internal(error.to_string()))?;
        content.push(b'\n');
        "test_input.json".to_owned()
    } else {
        export::write_history(&mut content, &history).map_err(CliError::Runtime)?;
        export::file_name(&arguments.symbol)
    };
    let path = arguments.output.unwrap_or_else(|| PathBuf::from(default_name));
    if path.as_os_str() == "-" {
        return match io::stdout().lock().write_all(&content) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Runtime(error)),
            _ => Ok(ExitCode::SUCCESS),
        };
    }
    OutputFile::replace(&path, &content)?;
    terminal.object(&serde_json::json!({ "symbol": arguments.symbol, "file": path, "rows": history.len() }))?;
    terminal.line(format_args!("{} ({})", path.display(), counted(history.len(), "session")))?;
    Ok(ExitCode::SUCCESS)
}
