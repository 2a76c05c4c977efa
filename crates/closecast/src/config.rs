//! Settings: flag, then environment, then closecast.toml, then default. The only reader of all three.

mod allocator;
mod arguments;
mod artifacts;
mod byte_size;
mod database_url;
mod environment;
mod network;
mod schedules;
mod server;
mod work;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use closecast_nn::MAX_THREADS;
use closecast_store::{ArtifactSettings, DatabaseAddress, Secret, StoreSettings};
use figment::{Figment, providers::Serialized};
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    allocator::limit_arenas,
    arguments::{GLOBAL, SettingArguments},
    byte_size::ByteSize,
    environment::read_dotenv,
    network::Network,
    server::{LimitSettings, ServerSettings},
    work::WorkSettings,
};
use self::{artifacts::ArtifactSection, environment::Environment, schedules::ScheduleSettings};
use crate::{failure::Failure, memory, toml_file::TomlFile, worker::schedule::Schedule};

/// Name of the settings file looked for in the working folder.
const FILE: &str = "closecast.toml";

/// Least that log files need: lines are up to some kilobytes long.
const MIN_LOG_LIMIT: ByteSize = ByteSize::megabytes(1);

/// What trains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TrainingDevice {
    /// The CPU
    #[default]
    Cpu,
    /// A GPU where there is one that works and the program was built with the feature gpu, the CPU otherwise
    Gpu,
}

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
    /// Returns the threads that a training uses: those asked for, or one a core.
    pub(crate) fn training_threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.unwrap_or_else(|| cores().min(MAX_THREADS))
    }

    /// Returns where everything is kept.
    ///
    /// # Errors
    /// [`Failure::Settings`] when an address cannot be one.
    pub(crate) fn store(&self) -> Result<StoreSettings, Failure> {
        let database = self.database_url.as_ref().map(|url| DatabaseAddress::parse(url.reveal())).transpose();
        let database = database.map_err(|error| Failure::Settings(error.to_string()))?;
        Ok(StoreSettings { folder: self.data_dir.clone(), database, artifacts: Some(self.artifacts()?) })
    }

    /// Returns where artifacts are kept, and how that place is reached.
    ///
    /// # Errors
    /// [`Failure::Settings`] when the address cannot be one.
    fn artifacts(&self) -> Result<ArtifactSettings, Failure> {
        self.artifacts.settings(&self.data_dir)
    }

    /// Returns the schedules in force, each name once.
    pub(crate) fn schedules(&self) -> Vec<Schedule> {
        schedules::in_force(self.schedules, &self.schedule)
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
/// [`Failure::Settings`] when the file is missing, malformed, or has a key or a value that is not known.
pub(crate) fn load(given: &SettingArguments) -> Result<Settings, Failure> {
    load_within(given, &Environment::of_process())
}

fn load_within(given: &SettingArguments, environment: &Environment<'_>) -> Result<Settings, Failure> {
    let file = match &given.config {
        Some(path) => Some(path.as_path()),
        None => Some(Path::new(FILE)).filter(|path| path.is_file()),
    };
    let read = |path| TomlFile::read("the settings file", path).map_err(Failure::Settings);
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
        Some(file) => Failure::Settings(file.refused(&error)),
        None => Failure::Settings(error.to_string()),
    })?;
    settings.artifacts.read_keys(environment);
    if let (Some(file), Some(error)) = (&file, schedules::repeated_name(&settings.schedule)) {
        return Err(Failure::Settings(file.refused(&error)));
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

fn check(settings: &Settings) -> Result<(), Failure> {
    if settings.threads == Some(0) {
        return Err(Failure::Settings("threads is 0: give at least 1, or leave it out for all cores".to_owned()));
    }
    if let Some(threads) = settings.threads.filter(|&threads| threads > MAX_THREADS) {
        return Err(Failure::Settings(format!("threads is {threads}: give at most {MAX_THREADS}")));
    }
    if settings.log_limit.bytes() < MIN_LOG_LIMIT.bytes() {
        return Err(Failure::Settings(format!(
            "log_limit is {} bytes: give at least 1 MB",
            settings.log_limit.bytes()
        )));
    }
    if let Some(memory) = settings.memory.filter(|&memory| memory < memory::LEAST) {
        return Err(Failure::Settings(format!("memory is {} bytes: give at least 64MB", memory.bytes())));
    }
    settings.worker.check()?;
    settings.server.check()?;
    if settings.requests_per_second == 0 {
        return Err(Failure::Settings("requests_per_second is 0: give at least 1".to_owned()));
    }
    settings.artifacts().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The environment of the tests is theirs: that of the machine is not looked at.
    fn load(given: &SettingArguments) -> Result<Settings, Failure> {
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
