//! What this program tells of itself and of its models: figures for Prometheus, of the machine, and of the models' health.
//!
//! The figures are ours and not those of the crate `metrics` with an exporter: a request is answered in some microseconds and may
//! pay for three additions to memory and no more; percentiles are read here as well as written; histograms keep the memory they
//! began with, asked for or not; and each server of a process, as tests have them, has figures of its own.

mod by_symbol;
pub(crate) mod health;
mod histogram;
mod measures;
pub(crate) mod prometheus;
mod snapshot;
pub(crate) mod system;

use chrono::{DateTime, Utc};
use closecast_domain::Clock;

pub(crate) use self::{
    by_symbol::Counter,
    histogram::Reading,
    measures::{METHODS, Measures},
};
use self::{health::KeptHealth, prometheus::StoredFigures, snapshot::Snapshot, system::Machine};

/// Everything that is measured, and what was found of it lately.
pub(crate) struct Monitor {
    /// When the services were set up.
    pub(crate) started_at: DateTime<Utc>,
    /// What is counted as it happens.
    pub(crate) measures: Measures,
    machine: Machine,
    stored: Snapshot<StoredFigures>,
    healths: KeptHealth,
}

impl Monitor {
    /// Returns a monitor that has seen nothing yet.
    pub(crate) fn new(clock: &dyn Clock) -> Self {
        Self {
            started_at: clock.now(),
            measures: Measures::default(),
            machine: Machine::default(),
            stored: Snapshot::default(),
            healths: KeptHealth::default(),
        }
    }
}
