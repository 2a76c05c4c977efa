//! A job queue in the database, shared by any number of workers.

mod claim;
mod enqueue;
mod events;
mod lease;
mod quota;
mod reclaim;
mod record;
mod schedule;
mod store;
mod transitions;

pub use self::{
    claim::MAX_RETRY_DELAY,
    lease::{Lease, LeaseStatus},
    quota::JobQuota,
    reclaim::RunningJob,
    record::{Enqueued, Job, JobFilter, JobState, NewJob},
    store::JobStore,
};
pub(crate) use self::{
    enqueue::enqueue_in,
    events::{emit_enqueued_in, emit_job_in},
    lease::succeed_in,
    reclaim::requeue_running_in,
};
