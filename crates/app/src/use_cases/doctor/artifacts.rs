//! Artifacts that nobody needs.

use closecast_store::Garbage;

use super::{Finding, REPAIR, Repair, or_unread};
use crate::{error::AppError, plural::counted, services::Services};

const NAME: &str = "artifacts";

pub(super) async fn findings(app: &Services, repair: Repair) -> Vec<Finding> {
    or_unread(NAME, look(app, repair).await)
}

async fn look(app: &Services, repair: Repair) -> Result<Vec<Finding>, AppError> {
    let blobs = app.store.blobs();
    // Before the hashes are read: a model published meanwhile is younger than this.
    let read_at = app.clock.now();
    let referenced = app.store.models().referenced().await?;
    let garbage = blobs.unreferenced(&referenced, read_at).await?;
    if garbage.is_empty() {
        return Ok(vec![Finding::ok(NAME, format!("{blobs} holds nothing that nobody needs"))]);
    }
    let found = Finding::warning(NAME, format!("{blobs} holds {} that nobody needs", sum(&garbage)));
    if referenced.is_empty() && garbage.iter().any(|one| !one.is_unfinished) {
        let remedy = "there are artifacts but not one model, so that this is probably not the database they belong to: check \
                      DATABASE_URL, CLOSECAST_ARTIFACTS_URL and --data-dir. Nothing is removed";
        return Ok(vec![found.remedy(remedy)]);
    }
    if repair == Repair::No {
        return Ok(vec![found.remedy(format!("{REPAIR}: they are removed"))]);
    }
    let removed = blobs.remove(garbage).await?;
    Ok(vec![found.mended(vec![format!("removed {}", sum(&removed))])])
}

fn sum(garbage: &[Garbage]) -> String {
    let unfinished = garbage.iter().filter(|one| one.is_unfinished).count();
    let bytes: u64 = garbage.iter().map(|one| one.size_bytes).sum();
    let whole = counted(garbage.len() - unfinished, "artifact");
    format!("{whole} and {} ({bytes} bytes)", counted(unfinished, "unfinished file"))
}
