//! Trainings, searches and backtests: what they were asked, what they measured, and how they ended.

mod record;
mod store;
mod unfinished;

pub(crate) use self::store::close_abandoned;
pub use self::{
    record::{NewRun, Run, RunEnd, RunFilter, RunLog, RunMetric, RunState},
    store::RunStore,
    unfinished::UnfinishedRun,
};
