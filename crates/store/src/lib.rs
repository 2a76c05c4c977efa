#![doc = include_str!("../README.md")]

mod bars;
mod blobs;
mod entity;
mod error;
mod forecasts;
mod migration;
mod models;
mod store;

pub use bars::{BarStore, SeriesInfo, StoredSeries};
pub use blobs::{
    ArtifactAddress, ArtifactSettings, BlobError, BlobPages, BlobRef, Blobs, Garbage, S3Settings, Secret, StoredBlob,
};
pub use error::StoreError;
pub use forecasts::{ForecastStore, StoredForecast};
pub use models::{ModelStore, ModelVersion};
pub use store::Store;
