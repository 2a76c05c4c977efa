//! `closecast restore`.

use crate::commands::services;
use crate::error::CliError;
use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use closecast_store::{BackupError, Existing, StoreError};

use crate::{config::Settings, terminal::Terminal};
use closecast_app::plural::counted;

/// Arguments of `closecast restore`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// File that `closecast backup` wrote, on whatever database.
    file: PathBuf,
    /// Discard everything that is stored here. Stop servers and workers before.
    #[arg(long)]
    replace: bool,
}

/// Restores the backup whole, or refuses it and changes nothing.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let app = services::open(&settings).await?;
    let existing = if arguments.replace { Existing::Replace } else { Existing::Keep };
    let restored =
        app.store.restore(&arguments.file, existing, app.clock.now()).await.map_err(|error| match error {
            StoreError::Backup(
                error @ (BackupError::NotEmpty { .. }
                | BackupError::Read { .. }
                | BackupError::Damaged { .. }
                | BackupError::TooLarge { .. }
                | BackupError::Format { .. }
                | BackupError::Version { .. }),
            ) => CliError::Usage(error.to_string()),
            other => other.into(),
        })?;
    terminal.object(&restored)?;
    let rows = restored.rows.values().sum::<u64>();
    terminal.line(format_args!(
        "Restored {} and {} of {}, backed up by closecast {}.",
        counted(rows, "row"),
        counted(restored.artifacts, "artifact"),
        restored.made_at.format("%Y-%m-%d %H:%M UTC"),
        restored.code_version
    ))?;
    if restored.requeued_jobs > 0 {
        let jobs = counted(restored.requeued_jobs, "job");
        terminal.line(format_args!("Queued again, since running when the backup was made: {jobs}."))?;
    }
    for (table, rows) in &restored.skipped {
        let rows = counted(*rows, "row");
        terminal.remark(format_args!("left out, since the symbol is none: {rows} of the table {table}"));
    }
    for missing in &restored.missing {
        terminal.remark(format_args!("was not in the backup: {} ({})", missing.reason, missing.models.join(", ")));
    }
    Ok(ExitCode::SUCCESS)
}
