//! Settings: flag, then environment, then closecast.toml, then default. The only reader of all three.

mod allocator;
mod arguments;
mod artifacts;
mod database_url;
mod environment;
mod memory;

use std::path::{Path, PathBuf};

use closecast_app::{
    byte_size::ByteSize,
    options::{ServiceOptions, TrainingDevice, WorkSettings},
    schedule::{
        Schedule,
        form::{ScheduleSettings, in_force, repeated_name},
    },
    toml_file::TomlFile,
};
use closecast_nn::MAX_THREADS;
use closecast_server::options::ServerSettings;
use closecast_store::{ArtifactSettings, DatabaseAddress, Secret, StoreSettings};
use figment::{Figment, providers::Serialized};
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    allocator::limit_arenas,
    arguments::{GLOBAL, SettingArguments},
    environment::read_dotenv,
    memory::log as log_memory,
};
use self::{artifacts::ArtifactSection, environment::Environment};
use crate::error::CliError;

/// Name of the settings file looked for in the working folder.
const FILE: &str = "closecast.toml";

/// Least that log files need: lines are up to some kilobytes long.
const MIN_LOG_LIMIT: ByteSize = ByteSize::megabytes(1);

/// The settings in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Folder of the database, artifacts and logs.
    pub(crate) data_dir: PathBuf,
    /// Address of the database, password included; a file of SQLite in the data folder when absent.
    #[serde(skip_serializing)]
    pub(crate) database_url: Option<Secret>,
    /// Threads used for training; all cores when absent.
    pub(crate) threads: Option<usize>,
    /// Memory that the program may use; what machine, cgroup and resource limits allow when absent.
    pub(crate) memory: Option<ByteSize>,
    /// What trains.
    pub(crate) device: TrainingDevice,
    /// Log filter in the syntax of `tracing_subscriber::EnvFilter`.
    pub(crate) log: String,
    /// Bytes that all log files may take together; the oldest go first.
    pub(crate) log_limit: ByteSize,
    /// Base address of Yahoo Finance's chart service; Yahoo's own when absent.
    pub(crate) yahoo_url: Option<String>,
    /// Most requests a second to a data provider.
    pub(crate) requests_per_second: u32,
    /// Settings of `serve`.
    pub(crate) server: ServerSettings,
    /// Where artifacts are kept.
    pub(crate) artifacts: ArtifactSection,
    /// How background work is done.
    pub(crate) worker: WorkSettings,
    /// What holds for all schedules.
    schedules: ScheduleSettings,
    /// Schedules of the file.
    #[serde(default, skip_serializing)]
    schedule: Vec<Schedule>,
}

impl Settings {
    /// Returns the options of the services.
    ///
    /// # Errors
    /// [`CliError::Settings`] when an address cannot be one.
    pub(crate) fn services(&self) -> Result<ServiceOptions, CliError> {
        Ok(ServiceOptions {
            data_dir: self.data_dir.clone(),
            store: self.store()?,
            memory: memory::plan(self),
            threads: self.threads,
            device: self.device,
            yahoo_url: self.yahoo_url.clone(),
            requests_per_second: self.requests_per_second,
            model_cache: self.server.model_cache,
            forecast_cache: self.server.forecast_cache,
            queue: self.server.queue,
            worker: self.worker.clone(),
            schedules: in_force(self.schedules, &self.schedule),
        })
    }

    /// Returns where everything is kept.
    ///
    /// # Errors
    /// [`CliError::Settings`] when an address cannot be one.
    pub(crate) fn store(&self) -> Result<StoreSettings, CliError> {
        let database = self.database_url.as_ref().map(|url| DatabaseAddress::parse(url.reveal())).transpose();
        let database = database.map_err(|error| CliError::Settings(error.to_string()))?;
        Ok(StoreSettings { folder: self.data_dir.clone(), database, artifacts: Some(self.artifacts()?) })
    }

    /// Returns where artifacts are kept, and how that place is reached.
    ///
    /// # Errors
    /// [`CliError::Settings`] when the address cannot be one.
    fn artifacts(&self) -> Result<ArtifactSettings, CliError> {
        self.artifacts.settings(&self.data_dir)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("closecast-data"),
            database_url: None,
            threads: None,
            memory: None,
            device: TrainingDevice::default(),
            log: "info".to_owned(),
            log_limit: ByteSize::megabytes(512),
            yahoo_url: None,
            requests_per_second: 2,
            server: ServerSettings::default(),
            artifacts: ArtifactSection::default(),
            worker: WorkSettings::default(),
            schedules: ScheduleSettings::default(),
            schedule: Vec::new(),
        }
    }
}

/// Returns the settings in force, from the given flags and environment, the settings file and the defaults.
///
/// # Errors
/// [`CliError::Settings`] when the file is missing, malformed, or has a key or a value that is not known.
pub(crate) fn load(given: &SettingArguments) -> Result<Settings, CliError> {
    load_within(given, &Environment::of_process())
}

fn load_within(given: &SettingArguments, environment: &Environment<'_>) -> Result<Settings, CliError> {
    let file = match &given.config {
        Some(path) => Some(path.as_path()),
        None => Some(Path::new(FILE)).filter(|path| path.is_file()),
    };
    let read = |path| TomlFile::read("the settings file", path).map_err(CliError::Settings);
    let file = file.map(read).transpose()?;
    let mut layers = Figment::new();
    if let Some(file) = &file {
        layers = layers.merge(file.layer());
    }
    layers = given.over(environment.over(layers)?)?;
    let defaults = defaults(&layers);
    let layers = layers.join(Serialized::defaults(defaults));
    // Flags and environment have been read into their types: what does not fit comes from the file.
    let mut settings: Settings = layers.extract().map_err(|error| match &file {
        Some(file) => CliError::Settings(file.refused(&error)),
        None => CliError::Settings(error.to_string()),
    })?;
    settings.artifacts.read_keys(environment);
    if let (Some(file), Some(index)) = (&file, repeated_name(&settings.schedule)) {
        return Err(CliError::Settings(file.refused(&name_used_twice(&settings.schedule, index))));
    }
    check(&settings)?;
    Ok(settings)
}

/// Returns the defaults, sized for the memory that `layers` set or that was detected.
fn defaults(layers: &Figment) -> Settings {
    // A value that is no amount of memory is refused with the others, by its line.
    let memory = layers.extract_inner("memory").ok();
    let mut defaults = Settings { memory, ..Settings::default() };
    let available = memory::available(&defaults);
    memory::fit_defaults(&mut defaults, available);
    defaults
}

/// Returns what is wrong with the name of the schedule at `index`, with its place in the file.
fn name_used_twice(schedules: &[Schedule], index: usize) -> figment::Error {
    let name = &schedules[index].name;
    let text =
        format!("{name:?} is the name of an earlier schedule too: firings are remembered by name, give each its own");
    figment::Error::from(text).with_path(&format!("schedule.{index}.name"))
}

fn check(settings: &Settings) -> Result<(), CliError> {
    if settings.threads == Some(0) {
        return Err(CliError::Settings("threads is 0: give at least 1, or leave it out for all cores".to_owned()));
    }
    if let Some(threads) = settings.threads.filter(|&threads| threads > MAX_THREADS) {
        return Err(CliError::Settings(format!("threads is {threads}: give at most {MAX_THREADS}")));
    }
    if settings.log_limit.bytes() < MIN_LOG_LIMIT.bytes() {
        return Err(CliError::Settings(format!(
            "log_limit is {} bytes: give at least 1 MB",
            settings.log_limit.bytes()
        )));
    }
    if let Some(memory) = settings.memory.filter(|&memory| memory < closecast_app::memory::LEAST) {
        return Err(CliError::Settings(format!("memory is {} bytes: give at least 64MB", memory.bytes())));
    }
    settings.worker.check().map_err(CliError::Settings)?;
    settings.server.check().map_err(CliError::Settings)?;
    if settings.requests_per_second == 0 {
        return Err(CliError::Settings("requests_per_second is 0: give at least 1".to_owned()));
    }
    settings.artifacts().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The environment of the tests is theirs: that of the machine is not looked at.
    fn load(given: &SettingArguments) -> Result<Settings, CliError> {
        load_within(given, &Environment(&|_| None))
    }

    fn with_file(content: &str) -> (tempfile::TempDir, SettingArguments) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, content).unwrap();
        (folder, SettingArguments { config: Some(path), ..SettingArguments::default() })
    }

    #[test]
    fn the_file_overrides_the_default_and_a_flag_overrides_the_file() {
        let (_folder, mut given) = with_file("data_dir = \"elsewhere\"\nlog = \"warn\"\n[server]\nport = 9000");
        assert_eq!(load(&given).unwrap().data_dir, PathBuf::from("elsewhere"));
        assert_eq!(load(&given).unwrap().server, ServerSettings { port: 9000, ..Settings::default().server });
        given.data_dir = Some("flag".into());
        let settings = load(&given).unwrap();
        assert_eq!((settings.data_dir, settings.log.as_str()), (PathBuf::from("flag"), "warn"));
    }

    #[test]
    fn without_a_file_the_defaults_hold() {
        assert_eq!(load(&SettingArguments::default()).unwrap(), Settings::default());
    }

    #[test]
    fn memory_lowers_defaults_but_not_explicit_settings() {
        let (_folder, mut given) = with_file("memory = \"256MiB\"\n[server]\nforecast_cache = \"40MB\"");
        let server = load(&given).unwrap().server;
        assert_eq!(server.forecast_cache, "40MB".parse().unwrap());
        assert!(server.model_cache < ServerSettings::default().model_cache);
        given.memory = Some("16GB".parse().unwrap());
        assert_eq!(load(&given).unwrap().server.model_cache, ServerSettings::default().model_cache);
    }

    #[test]
    fn an_unknown_key_a_wrong_type_and_a_missing_file_are_named() {
        for (content, named) in [
            ("colour = 1", "colour"),
            ("threads = \"two\"", "threads"),
            ("threads = 0", "threads"),
            ("threads = 257", "at most 256"),
            ("log_limit = \"10KB\"", "log_limit"),
            ("memory = \"1MB\"", "at least 64MB"),
            ("memory = \"much\"", "memory"),
            ("device = \"abacus\"", "device"),
        ] {
            let (_folder, given) = with_file(content);
            assert!(load(&given).unwrap_err().to_string().contains(named), "{content}");
        }
        let given = SettingArguments { config: Some("nowhere.toml".into()), ..SettingArguments::default() };
        assert!(load(&given).unwrap_err().to_string().contains("nowhere.toml"));
    }
}

#[cfg(test)]
mod schedules_test;
