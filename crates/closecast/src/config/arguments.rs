//! Settings that hold for every command, as flags or environment.

use crate::error::CliError;
use std::path::PathBuf;

use clap::{ArgMatches, Args, ValueEnum, parser::ValueSource};
use closecast_store::Secret;
use figment::{Figment, providers::Serialized};
use serde::Serialize;

use super::database_url;
use closecast_app::byte_size::ByteSize;

/// Heading of the options that every command has.
pub(crate) const GLOBAL: &str = "Global options";

/// What trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeviceArgument {
    /// The CPU
    Cpu,
    /// A GPU where there is one that works and the program was built with the feature gpu, the CPU otherwise
    Gpu,
}

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
    /// Database: postgres://user@host/database, or sqlite:FILE; with a password in the environment or a file alone [default: a file in
    /// the data folder]
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_DATABASE_URL", value_name = "URL")]
    #[arg(hide_env_values = true)]
    #[serde(skip)]
    pub(super) database_url: Option<Secret>,
    /// File that holds the address of the database, password included
    #[arg(long, global = true, help_heading = GLOBAL, env = "CLOSECAST_DATABASE_URL_FILE", value_name = "FILE")]
    #[serde(skip)]
    pub(super) database_url_file: Option<PathBuf>,
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
    pub(super) device: Option<DeviceArgument>,
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
    /// Refuses an argument of the command line that holds a password. `matches` tells arguments from the environment.
    ///
    /// # Errors
    /// [`CliError::Usage`] naming the argument and the other ways to give it.
    pub(crate) fn check_secrets(&self, matches: &ArgMatches) -> Result<(), CliError> {
        match (&self.database_url, matches.value_source("database_url")) {
            (Some(address), Some(ValueSource::CommandLine)) => database_url::check_argument(address),
            _ => Ok(()),
        }
    }

    /// Returns `layers` with what was given over it.
    ///
    /// # Errors
    /// [`CliError::Settings`] when the address of the database is given twice, or its file cannot be read.
    pub(super) fn over(&self, layers: Figment) -> Result<Figment, CliError> {
        let mut layers = layers.merge(Serialized::defaults(self));
        let given = self.database_url.as_ref().filter(|url| !url.reveal().is_empty());
        let file = self.database_url_file.as_deref().filter(|path| !path.as_os_str().is_empty());
        if given.is_some() && file.is_some() {
            let detail = "the address of the database is given by --database-url (or CLOSECAST_DATABASE_URL) and by --database-url-file \
                          (or CLOSECAST_DATABASE_URL_FILE): give one of them";
            return Err(CliError::Settings(detail.to_owned()));
        }
        let of_file = file.map(database_url::read_file).transpose()?;
        let database_url = if of_file.is_some() { &of_file } else { &self.database_url };
        let secrets = [("database_url", database_url), ("artifacts.url", &self.artifacts_url)];
        for (key, given) in secrets {
            if let Some(value) = given.as_ref().map(Secret::reveal).filter(|value| !value.is_empty()) {
                layers = layers.merge((key, value));
            }
        }
        Ok(layers)
    }
}
