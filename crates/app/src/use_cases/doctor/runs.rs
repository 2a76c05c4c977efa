//! Runs that never ended.

use std::collections::HashMap;

use closecast_store::{JobState, UnfinishedRun};

use super::{Finding, REPAIR, Repair, or_unread};
use crate::{error::AppError, plural::counted, services::Services, use_cases::process::Process};

const NAME: &str = "runs";

pub(super) async fn findings(app: &Services, repair: Repair) -> Vec<Finding> {
    or_unread(NAME, look(app, repair).await)
}

async fn look(app: &Services, repair: Repair) -> Result<Vec<Finding>, AppError> {
    let unfinished = app.store.runs().unfinished().await?;
    let mut newest: HashMap<&str, &str> = HashMap::new();
    for run in &unfinished {
        if let Some(job) = &run.job_id {
            newest.insert(job, &run.id);
        }
    }
    let (mut going_on, mut findings) = (0_usize, Vec::new());
    for run in &unfinished {
        let is_newest = run.job_id.as_deref().is_none_or(|job| newest.get(job) == Some(&run.id.as_str()));
        let Some(reason) = orphaned(run, is_newest) else {
            going_on += 1;
            continue;
        };
        let name = format!("run {}", run.id);
        let detail =
            format!("{} of {} since {}: {reason}", run.kind, run.name, run.started_at.format("%Y-%m-%d %H:%M:%S UTC"));
        let finding = Finding::warning(name, detail).remedy(REPAIR);
        findings.push(if repair == Repair::Yes {
            app.store.runs().close(&run.id, reason, app.clock.now()).await?;
            finding.mended(vec!["entered its end as failed".to_owned()])
        } else {
            finding
        });
    }
    if findings.is_empty() {
        findings.push(Finding::ok(NAME, format!("{} going on, none without its program", counted(going_on, "run"))));
    }
    Ok(findings)
}

/// Returns why nobody works on a run any more; `None` if somebody does, or if that cannot be told.
fn orphaned(run: &UnfinishedRun, is_newest: bool) -> Option<&'static str> {
    if Process::lives(&run.owner) == Some(false) {
        return Some("its program ended without a word");
    }
    let ended = "its job has ended, and its program has not said how it did";
    match (&run.job_id, run.job_state) {
        (None, _) => None,
        // A worker that gives a job back ends its run first, and one that lost its job has a living program.
        (Some(_), Some(JobState::Queued)) if Process::lives(&run.owner).is_none() => {
            Some("its worker ended without a word, and its job waits for another")
        }
        (Some(_), Some(JobState::Queued)) => None,
        (Some(_), Some(JobState::Running)) => (!is_newest).then_some("its job has been begun again since"),
        (Some(_), _) => Some(ended).filter(|_| Process::lives(&run.owner).is_none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(job: Option<JobState>, owner: serde_json::Value) -> UnfinishedRun {
        UnfinishedRun {
            id: "run".to_owned(),
            name: "AAPL".to_owned(),
            kind: "train".to_owned(),
            job_id: job.map(|_| "job".to_owned()),
            job_state: job,
            owner,
            started_at: chrono::DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_run_is_orphaned_when_its_job_has_ended_or_its_program_is_gone() {
        let unknown = serde_json::Value::Null;
        assert!(orphaned(&run(Some(JobState::Succeeded), unknown.clone()), true).is_some());
        assert!(orphaned(&run(Some(JobState::Queued), unknown.clone()), true).is_some());
        assert_eq!(orphaned(&run(Some(JobState::Running), unknown.clone()), true), None);
        assert!(orphaned(&run(Some(JobState::Running), unknown.clone()), false).is_some());
        assert_eq!(orphaned(&run(None, unknown), true), None, "who runs it cannot be told");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_run_of_a_living_program_is_not_orphaned() {
        let mut owner = Process::owner();
        for state in [None, Some(JobState::Running), Some(JobState::Succeeded)] {
            assert_eq!(orphaned(&run(state, owner.clone()), true), None, "{state:?}");
        }
        owner["begun"] = 1.into();
        assert!(orphaned(&run(None, owner), true).is_some());
    }
}
