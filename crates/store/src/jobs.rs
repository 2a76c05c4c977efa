//! Work that waits, runs and ends: a queue in the database, shared by any number of workers.

mod allowance;
mod claim;
mod enqueue;
mod events;
mod lease;
mod record;
mod schedule;
mod store;
mod takeover;
mod work;

pub use self::{
    allowance::Allowance,
    claim::LONGEST_DELAY,
    lease::{Beat, Lease},
    record::{Enqueued, Job, JobFilter, JobState, NewJob},
    store::JobStore,
    takeover::RunningJob,
};
pub(crate) use self::{
    enqueue::enqueue_in,
    events::{announce_job_in, announce_new_in},
    lease::succeed_in,
    takeover::requeue_running_in,
};
