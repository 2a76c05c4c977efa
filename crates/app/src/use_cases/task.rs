//! What long work is told: who watches it, who may stop it, and what it is part of.

use std::sync::Arc;

use closecast_domain::{Cancel, ProgressSink};
use closecast_store::{Lease, Origin};

/// Long work as it is asked for.
#[derive(Clone)]
pub struct Task {
    /// Receives the progress.
    pub progress: Arc<dyn ProgressSink + Send + Sync>,
    /// Stops the work.
    pub cancel: Cancel,
    /// The job that the work is of; none for a command.
    pub lease: Option<Lease>,
    /// Who asked for it.
    pub actor: Option<String>,
}

impl Task {
    /// Returns the work of a command.
    pub fn of_command(progress: Arc<dyn ProgressSink + Send + Sync>, cancel: Cancel) -> Self {
        Self { progress, cancel, lease: None, actor: None }
    }

    /// Returns where a publication of the work comes from.
    pub fn origin<'a>(&'a self, run_id: Option<&'a str>) -> Origin<'a> {
        Origin { run_id, lease: self.lease.as_ref(), actor: self.actor.as_deref(), follow_up: None }
    }
}
