//! A check of the whole installation, and the mending of what can be mended without losing anything.

mod artifacts;
mod forecasts;
mod installation;
mod jobs;
mod leftovers;
mod owners;
mod permissions;
mod registry;
mod runs;

use std::sync::Arc;

use serde::Serialize;

use crate::{options::ServiceOptions, result_format::ResultFormat, services::Services};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Nothing is lost or out of service, but somebody should know.
    Warning,
    /// Something does not work or is lost.
    Error,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// How bad it is.
    pub status: Status,
    /// What was found.
    pub detail: String,
    /// What to do; none where nothing is to be done.
    pub remedy: Option<String>,
    /// What was mended just now.
    pub mended: Vec<String>,
}

impl Finding {
    fn new(name: impl Into<String>, status: Status, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status, detail: detail.into(), remedy: None, mended: Vec::new() }
    }

    fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, detail)
    }

    fn warning(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Warning, detail)
    }

    fn error(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Error, detail)
    }

    fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    /// Returns what is left after the repair.
    fn mended(self, mended: Vec<String>) -> Self {
        Self { status: Status::Ok, remedy: None, mended, ..self }
    }
}

/// Whether to mend what is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Look only.
    No,
    /// Mend what can be mended without losing anything.
    Yes,
}

/// Remedy of what `--repair` mends.
const REPAIR: &str = "`closecast doctor --repair` mends it";

/// Looks at everything, and mends with `repair` what can be mended.
pub async fn examine(options: ServiceOptions, result_format: Arc<dyn ResultFormat>, repair: Repair) -> Vec<Finding> {
    let mut findings = installation::of_the_machine(&options);
    match Services::open(options, result_format).await {
        Err(failure) => findings.push(installation::unopened(&failure)),
        Ok(app) => {
            findings.extend(installation::of_the_store(&app).await);
            findings.extend(permissions::findings(&app, repair));
            findings.extend(leftovers::findings(&app, repair));
            findings.extend(registry::findings(&app, repair).await);
            findings.extend(artifacts::findings(&app, repair).await);
            findings.extend(jobs::findings(&app).await);
            findings.extend(runs::findings(&app, repair).await);
            findings.extend(forecasts::findings(&app).await);
            _ = app.store.clone().close().await;
        }
    }
    findings
}

/// Returns the findings of one part; a part that cannot be looked at is a finding too.
fn or_unread(name: &str, findings: Result<Vec<Finding>, crate::error::AppError>) -> Vec<Finding> {
    findings.unwrap_or_else(|failure| vec![Finding::error(name, format!("cannot be looked at: {failure}"))])
}
