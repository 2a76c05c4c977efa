#![doc = include_str!("../README.md")]

mod alerts;
mod audit;
mod backup;
mod bars;
mod blobs;
mod change_notifier;
mod checked;
mod chunks;
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
mod private;
mod readiness;
mod runs;
mod store;
mod symbols;
mod transaction;
mod unfinished;
mod write_queue;

pub use alerts::{Alert, AlertStore, StoredAlert};
pub use audit::{AuditEntry, AuditStore, StoredAuditEntry};
pub use backup::{BackupError, BackupSummary, Existing, MissingArtifact, RestoreSummary};
pub use bars::{BarStore, SeriesChangeMarker, SeriesInfo, StoredSeries};
pub use blobs::{
    ArtifactAddress, ArtifactSettings, BlobError, BlobPages, BlobRef, Blobs, Garbage, MAX_ARTIFACT_BYTES, S3Settings,
    Secret, StoredBlob,
};
pub use change_notifier::{ChangeNotifier, Listener, Topic};
pub use database_address::DatabaseAddress;
pub use error::StoreError;
pub use events::{Event, EventPayload, EventStore, EventTopic, ForecastEvent, ModelEvent, SeriesEvent};
pub use forecasts::{
    Cursor, ForecastSample, ForecastStore, HistoryFilter, Page, SettledFilter, StoredForecast, Unsettled,
};
pub use jobs::{
    Enqueued, Job, JobFilter, JobQuota, JobState, JobStore, Lease, LeaseStatus, MAX_RETRY_DELAY, NewJob, RunningJob,
};
pub use keys::{KeyStore, StoredKey};
pub use migration::UpgradeCopy;
pub use models::{Alias, ListedVersion, ModelFilter, ModelStore, ModelVersion, Origin, RegistryAction, RegistryEvent};
pub use runs::{NewRun, Run, RunFilter, RunLog, RunMetric, RunOutcome, RunState, RunStore, UnfinishedRun};
pub use store::{Schema, Store, StoreSettings};
pub use unfinished::unfinished_files;
