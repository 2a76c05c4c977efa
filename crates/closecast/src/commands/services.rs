//! The services that commands use.

use std::sync::Arc;

use closecast_api::result_format::ApiFormat;
use closecast_app::services::Services;

use crate::{config::Settings, error::CliError};

/// Opens the services of the settings.
///
/// # Errors
/// [`CliError`] when the data folder or the database cannot be used.
pub(super) async fn open(settings: &Settings) -> Result<Services, CliError> {
    Ok(Services::open(settings.services()?, Arc::new(ApiFormat)).await?)
}
