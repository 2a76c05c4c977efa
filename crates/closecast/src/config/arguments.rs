//! Settings that hold for every command, as flags or environment.

use std::path::PathBuf;

use clap::Args;
use closecast_store::Secret;
use figment::{Figment, providers::Serialized};
use serde::Serialize;

use super::{ByteSize, TrainingDevice};

/// Heading of the options that every command has.
pub(crate) const GLOBAL: &str = "Global options";

/// Settings that hold for every command, as flags or environment. Those left out come from the file or the default.
#[derive(Debug, Default, Args, Serialize)]
pub(crate) struct SettingArguments {
    /// Settings file [default: closecast.toml in the working folder, if there is one]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(super) config: Option<PathBuf>,
    /// Folder of the database, artifacts and logs [default: closecast-data]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_DATA_DIR", value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data_dir: Option<PathBuf>,
    /// Database: postgres://user:password@host/database, or sqlite:FILE [default: a file in the data folder]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_DATABASE_URL", value_name = "URL")]
    #[arg(hide_env_values = true)]
    #[serde(skip)]
    pub(super) database_url: Option<Secret>,
    /// Where artifacts are kept: s3://bucket/prefix, or a folder [default: artifacts in the data folder]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_ARTIFACTS_URL", value_name = "URL")]
    #[arg(hide_env_values = true)]
    #[serde(skip)]
    pub(super) artifacts_url: Option<Secret>,
    /// Threads used for training [default: all cores]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_THREADS", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) threads: Option<usize>,
    /// Memory that the program may use, such as 512MB [default: what machine and cgroup allow]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_MEMORY", value_name = "SIZE")]
    #[arg(value_parser = ByteSize::argument)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) memory: Option<ByteSize>,
    /// What trains [default: cpu]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_DEVICE", value_enum, value_name = "DEVICE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<TrainingDevice>,
    /// What is logged, such as info or closecast=debug [default: info]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_LOG", value_name = "FILTER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) log: Option<String>,
    /// Base address of Yahoo Finance's chart service
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_YAHOO_URL", value_name = "URL", hide = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) yahoo_url: Option<String>,
    /// Most requests a second to a data provider [default: 2]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_REQUESTS_PER_SECOND", value_name = "N", hide = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) requests_per_second: Option<u32>,
}

impl SettingArguments {
    /// Returns `layers` with what was given over it.
    pub(super) fn over(&self, layers: Figment) -> Figment {
        let mut layers = layers.merge(Serialized::defaults(self));
        let secrets = [("database_url", &self.database_url), ("artifacts.url", &self.artifacts_url)];
        for (key, given) in secrets {
            if let Some(value) = given.as_ref().map(Secret::reveal).filter(|value| !value.is_empty()) {
                layers = layers.merge((key, value));
            }
        }
        layers
    }
}
