//! Work in the background: a queue that any number of programs take jobs from, and schedules that fill it.

mod beats;
mod cleaner;
#[cfg(test)]
mod clock_test;
mod jobs;
mod observer;
mod progress;
mod runner;
mod scheduler;

pub use self::{
    cleaner::clean,
    jobs::{
        BacktestModel, JobPayload, PromoteModel, RefreshBars, RetrainModel, SettleForecasts, TrainModel, TuneModel,
    },
    runner::{Worker, WorkerSettings},
    scheduler::fire,
};
