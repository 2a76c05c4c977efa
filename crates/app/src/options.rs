//! What the services are set up with.

mod worker;

use std::{path::PathBuf, thread};

use closecast_nn::MAX_THREADS;
use closecast_store::StoreSettings;
use serde::{Deserialize, Serialize};

pub use self::worker::WorkSettings;
use crate::{byte_size::ByteSize, memory::Plan, schedule::Schedule};

/// What trains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrainingDevice {
    /// The CPU.
    #[default]
    Cpu,
    /// A GPU where there is one that works and the program was built with the feature `gpu`, the CPU otherwise.
    Gpu,
}

/// What the services are set up with.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceOptions {
    /// Folder of the database, artifacts and logs.
    pub data_dir: PathBuf,
    /// Where database and artifacts are.
    pub store: StoreSettings,
    /// How the memory of the process is divided.
    pub memory: Plan,
    /// Threads used for training; one a core when absent.
    pub threads: Option<usize>,
    /// What trains.
    pub device: TrainingDevice,
    /// Base address of Yahoo Finance's chart service; Yahoo's own when absent.
    pub yahoo_url: Option<String>,
    /// Most requests a second to a data provider.
    pub requests_per_second: u32,
    /// Memory of the models that are kept ready.
    pub model_cache: ByteSize,
    /// Memory of the forecasts that are kept ready.
    pub forecast_cache: ByteSize,
    /// Forecasts that may wait for a processor.
    pub queue: usize,
    /// How background work is done.
    pub worker: WorkSettings,
    /// Schedules in force, each name once.
    pub schedules: Vec<Schedule>,
}

impl ServiceOptions {
    /// Returns the options of services in memory of the usual size, with everything in `data_dir`.
    pub fn of_folder(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        let (model_cache, forecast_cache) = (ByteSize::megabytes(256), ByteSize::megabytes(48));
        let worker = WorkSettings::default();
        Self {
            store: StoreSettings::from(data_dir.as_path()),
            memory: Plan::new(1 << 30, 0, worker.jobs),
            data_dir,
            threads: None,
            device: TrainingDevice::default(),
            yahoo_url: None,
            requests_per_second: 2,
            model_cache,
            forecast_cache,
            queue: 1024,
            worker,
            schedules: Vec::new(),
        }
    }

    /// Returns the threads that a training uses: those that are set, or one a core.
    pub fn training_threads(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.unwrap_or_else(|| cores().min(MAX_THREADS))
    }
}
