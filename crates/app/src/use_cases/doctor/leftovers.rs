//! Files that were made on the way to others: copies before upgrades, and what killed programs left unfinished.

use std::fs;

use super::{Finding, REPAIR, Repair, or_unread};
use crate::{error::AppError, plural::counted, services::Services};

const COPIES: &str = "copies before upgrades";
const UNFINISHED: &str = "unfinished files";

pub(super) fn findings(app: &Services, repair: Repair) -> Vec<Finding> {
    let mut findings = or_unread(COPIES, copies(app));
    findings.extend(or_unread(UNFINISHED, unfinished(app, repair)));
    findings
}

fn copies(app: &Services) -> Result<Vec<Finding>, AppError> {
    let copies = app.store.upgrade_copies()?;
    let Some(newest) = copies.first() else { return Ok(Vec::new()) };
    let bytes: u64 = copies.iter().map(|copy| copy.size_bytes).sum();
    let detail = format!(
        "{} of the database ({bytes} bytes), the newest {}: a copy can be removed once the upgrade has proved good",
        counted(copies.len(), "copy"),
        newest.path.display()
    );
    Ok(vec![Finding::ok(COPIES, detail)])
}

fn unfinished(app: &Services, repair: Repair) -> Result<Vec<Finding>, AppError> {
    let found = closecast_store::unfinished_files(&app.options.data_dir, app.clock.now()).map_err(AppError::Runtime)?;
    let Some(first) = found.first() else { return Ok(Vec::new()) };
    let count = counted(found.len(), "file");
    let finding = Finding::warning(UNFINISHED, format!("{count} of killed programs; one of them: {}", first.display()));
    if repair == Repair::No {
        return Ok(vec![finding.remedy(format!("{REPAIR}: they are removed"))]);
    }
    for path in &found {
        fs::remove_file(path).map_err(AppError::Runtime)?;
    }
    Ok(vec![finding.mended(vec![format!("removed {count}")])])
}
