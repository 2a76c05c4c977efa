//! `closecast backup`.

use crate::commands::services;
use crate::error::CliError;
use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use closecast_store::{BackupError, Existing, StoreError};

use crate::{config::Settings, terminal::Terminal};
use closecast_app::plural::counted;

/// Arguments of `closecast backup`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// File to write, for example closecast.tar.gz. Only its owner can read it: it holds the hashes of API keys.
    file: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
}

/// Writes the backup whole or not at all; fails when an artifact is missing or damaged, after all others were backed up.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    let existing = if arguments.force { Existing::Replace } else { Existing::Keep };
    let made = app.store.backup(&arguments.file, existing, app.clock.now()).await.map_err(|error| match error {
        StoreError::Backup(error @ BackupError::Exists { .. }) => CliError::Usage(error.to_string()),
        other => other.into(),
    })?;
    terminal.object(&serde_json::json!({
        "file": arguments.file,
        "size_bytes": made.size_bytes,
        "rows": made.rows,
        "artifacts": made.artifacts,
        "missing": made.missing,
    }))?;
    let rows = made.rows.values().sum::<u64>();
    if rows == 0 {
        terminal.remark(format_args!("nothing is stored in {}: the backup is empty", settings.data_dir.display()));
    }
    terminal.line(format_args!(
        "{}: {}, {}, {}",
        arguments.file.display(),
        counted(rows, "row"),
        counted(made.artifacts, "artifact"),
        counted(made.size_bytes, "byte")
    ))?;
    for missing in &made.missing {
        terminal.remark(format_args!("not in the backup: {} ({})", missing.reason, missing.models.join(", ")));
    }
    Ok(if made.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
