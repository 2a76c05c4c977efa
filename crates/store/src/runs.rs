//! Training, tuning and backtest runs: parameters, metrics and outcome.

mod record;
mod store;
mod unfinished;

pub(crate) use self::store::close_abandoned;
pub use self::{
    record::{NewRun, Run, RunFilter, RunLog, RunMetric, RunOutcome, RunState},
    store::RunStore,
    unfinished::UnfinishedRun,
};
