//! What a new version means for the one in service.

use crate::error::CliError;
use closecast_domain::Cancel;
use closecast_store::ModelVersion;

use crate::commands::interrupt::cancelled_by_ctrl_c;
use closecast_app::{
    services::Services,
    use_cases::promote::{self, Challenge, Challenger},
};

/// Sets a new version beside the one in service, and lets it take its place when it is no worse. Returns `None` for the first
/// version of a name, which is in service as it is. A comparison that cannot be made leaves things as they are.
pub(super) async fn challenge(app: &Services, version: &ModelVersion) -> Result<Option<Challenge>, CliError> {
    let champion = app.store.models().in_service(&version.name).await?;
    if champion.is_none_or(|champion| champion.version == version.version) {
        return Ok(None);
    }
    let cancel = Cancel::new();
    let asked =
        Challenger { name: &version.name, version: Some(version.version), force: false, actor: Some("command line") };
    match cancelled_by_ctrl_c(promote::challenge(app, asked, cancel.clone()), cancel).await {
        Err(failure) if !failure.is_cancelled() => {
            let (name, number) = (&version.name, version.version);
            tracing::warn!(
                "version {number} of {name} could not be compared with the one in service, which stays: {failure}. \
                 `closecast models promote {name} --force` puts the new one into service all the same"
            );
            Ok(None)
        }
        came => Ok(came.map(Some)?),
    }
}
