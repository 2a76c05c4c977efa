//! `closecast doctor`.

use crate::error::CliError;
use std::{process::ExitCode, sync::Arc};

use closecast_api::result_format::ApiFormat;

use clap::Args;
use serde_json::json;

use crate::{config::Settings, terminal::Terminal};
use closecast_app::use_cases::doctor::{self, Finding, Repair, Status};

/// Arguments of `closecast doctor`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Mend what can be mended without losing anything: remove artifacts that nobody needs, take roles away from versions that
    /// there are not, give a name without a version in service its newest one, enter the end of runs whose program is gone, take the rights
    /// of others from files and folders, remove unfinished files of killed programs
    #[arg(long)]
    repair: bool,
}

/// Checks the installation; exits with 1 while an error remains.
pub(crate) async fn run(arguments: Arguments, settings: Settings, terminal: &Terminal) -> Result<ExitCode, CliError> {
    let repair = if arguments.repair { Repair::Yes } else { Repair::No };
    let findings = doctor::examine(settings.services()?, Arc::new(ApiFormat), repair).await;
    for finding in &findings {
        show(finding, terminal)?;
    }
    let healthy = findings.iter().all(|finding| finding.status != Status::Error);
    terminal.object(&json!({ "healthy": healthy, "checks": findings }))?;
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(finding: &Finding, terminal: &Terminal) -> Result<(), CliError> {
    let mark = match finding.status {
        Status::Ok => "✓",
        Status::Warning => "!",
        Status::Error => "✗",
    };
    terminal.line(format_args!("{mark} {}: {}", finding.name, finding.detail))?;
    for mended in &finding.mended {
        terminal.line(format_args!("    mended: {mended}"))?;
    }
    match &finding.remedy {
        Some(remedy) => terminal.line(format_args!("    {remedy}")),
        None => Ok(()),
    }
}
