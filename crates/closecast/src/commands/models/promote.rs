//! `closecast models promote` and `rollback`.

use crate::error::CliError;
use closecast_domain::Cancel;
use serde_json::json;

use crate::{
    commands::{interrupt::cancelled_by_ctrl_c, render::challenge},
    terminal::Terminal,
};
use closecast_app::{
    services::Services,
    use_cases::promote::{self, Challenger},
};

/// Sets the challenger beside the champion, and puts it into service when it is no worse, or when that is forced. Fails when
/// it was not put into service.
pub(super) async fn promote(
    app: &Services,
    name: &str,
    (version, force): (Option<u64>, bool),
    terminal: &Terminal,
) -> Result<bool, CliError> {
    let cancel = Cancel::new();
    let asked = Challenger { name, version, force, actor: Some("command line") };
    let came = cancelled_by_ctrl_c(promote::challenge(app, asked, cancel.clone()), cancel).await?;
    terminal.object(&came)?;
    terminal.line(challenge::summary(&came))?;
    Ok(came.promoted)
}

/// Puts the champion before the present one into service again.
pub(super) async fn rollback(app: &Services, name: &str, terminal: &Terminal) -> Result<(), CliError> {
    let (before, now) = promote::rollback(app, name, Some("command line")).await?;
    terminal.object(&json!({ "name": name, "previous": before, "champion": now }))?;
    terminal.line(format_args!("{name} version {now} is in service again; version {before} is not any more."))
}
