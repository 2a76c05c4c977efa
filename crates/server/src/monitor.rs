//! What this server measures of itself, and of the machine: for Prometheus and for the monitoring page.

mod measures;
pub(crate) mod prometheus;
mod snapshot;
mod stored_figures;
mod system;

use chrono::{DateTime, Utc};
use closecast_domain::Clock;

pub(crate) use self::measures::{METHODS, ServerMetrics};
use self::{snapshot::Snapshot, stored_figures::StoredFigures, system::SystemProbe};

/// Everything that is measured, and what was read lately.
pub(crate) struct Monitor {
    /// When the services were set up.
    pub(crate) started_at: DateTime<Utc>,
    /// What is counted as it happens.
    pub(crate) measures: ServerMetrics,
    pub(crate) machine: SystemProbe,
    stored: Snapshot<StoredFigures>,
}

impl Monitor {
    /// Returns a monitor that has seen nothing yet.
    pub(crate) fn new(clock: &dyn Clock) -> Self {
        Self {
            started_at: clock.now(),
            measures: ServerMetrics::default(),
            machine: SystemProbe::default(),
            stored: Snapshot::default(),
        }
    }
}
