#![doc = include_str!("../README.md")]

mod alerts;
mod audit;
mod backup;
mod bars;
mod blobs;
mod checked;
mod connection;
mod database_address;
mod database_error;
mod database_file;
mod entity;
mod error;
mod events;
mod forecasts;
mod jobs;
mod keys;
mod migration;
mod models;
mod portions;
mod private;
mod readiness;
mod runs;
mod store;
mod symbols;
mod transaction;
mod unfinished;
mod wakeups;
mod write_queue;

pub use alerts::{Alert, AlertStore, StoredAlert};
pub use audit::{Act, AuditStore, StoredAct};
pub use backup::{BackupError, BackupSummary, Existing, MissingArtifact, RestoreSummary};
pub use bars::{BarStore, SeriesGlance, SeriesInfo, StoredSeries};
pub use blobs::{
    ArtifactAddress, ArtifactSettings, BlobError, BlobPages, BlobRef, Blobs, Garbage, LARGEST_ARTIFACT, S3Settings,
    Secret, StoredBlob,
};
pub use database_address::DatabaseAddress;
pub use error::StoreError;
pub use events::{Event, EventStore, EventTopic, ForecastNews, ModelNews, News, SeriesNews};
pub use forecasts::{
    Cursor, ForecastSample, ForecastStore, HistoryFilter, Page, SettledFilter, StoredForecast, Unsettled,
};
pub use jobs::{
    Allowance, Beat, Enqueued, Job, JobFilter, JobState, JobStore, LONGEST_DELAY, Lease, NewJob, RunningJob,
};
pub use keys::{KeyStore, StoredKey};
pub use migration::UpgradeCopy;
pub use models::{Alias, ListedVersion, ModelFilter, ModelStore, ModelVersion, Origin, RegistryAction, RegistryEvent};
pub use runs::{NewRun, Run, RunEnd, RunFilter, RunLog, RunMetric, RunState, RunStore, UnfinishedRun};
pub use store::{Schema, Store, StoreSettings};
pub use unfinished::unfinished_files;
pub use wakeups::{Listener, Topic, Wakeups};
