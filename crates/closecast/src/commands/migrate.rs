//! `closecast migrate`.

use crate::error::CliError;
use std::process::ExitCode;

use closecast_store::Store;
use serde_json::json;

use crate::{config::Settings, terminal::Terminal};

/// Brings the schema of the database up to date.
pub(crate) async fn run(settings: &Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let store = settings.store()?;
    Store::migrate(&store).await?;
    let database = store.database().to_string();
    terminal.object(&json!({ "database": database, "migrated": true }))?;
    terminal.line(format_args!("The schema of {database} is up to date."))?;
    Ok(ExitCode::SUCCESS)
}
