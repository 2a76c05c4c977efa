//! Programs on machines of their own, which share one database and one bucket and nothing else.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use closecast_testkit::services;
use serde_json::Value;

use crate::{
    client::{Answer, ask},
    command::{command, write_csv},
    postgres::Cluster,
};

/// Time that anything gets on a machine which is busy with other things too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The shared database and bucket, and a folder for every machine.
pub(crate) struct Fleet {
    pub(crate) cluster: Cluster,
    folder: tempfile::TempDir,
    s3: String,
    bucket: String,
    /// Settings of every machine, as in closecast.toml.
    settings: &'static str,
}

impl Fleet {
    /// Sets up a fleet with `settings` and a bucket of its own; `None` where a server to test with is missing.
    pub(crate) fn start(name: &str, settings: &'static str) -> Option<Self> {
        let s3 = services::address("CLOSECAST_TEST_S3")?;
        let cluster = Cluster::start()?;
        let bucket = format!("closecast-fleet-{name}-{}", std::process::id());
        let host = s3.strip_prefix("http://").unwrap_or_else(|| panic!("{s3} is not like http://host:port"));
        let made = ask(host, "PUT", &format!("/{bucket}"), "").unwrap();
        assert_eq!(made.status, 200, "{}", made.body);
        Some(Self { cluster, folder: tempfile::tempdir().unwrap(), s3, bucket, settings })
    }

    /// Stores a synthetic history of about `days` sessions for each of `count` symbols, and returns these.
    pub(crate) fn import(&self, count: usize, days: usize) -> Vec<String> {
        let file = self.folder.path().join("prices.csv");
        let import = |number: usize| {
            let symbol = format!("FLEET{number}");
            write_csv(&file, days + number);
            self.json(&["import", file.to_str().unwrap(), "--symbol", &symbol]);
            symbol
        };
        (1..=count).map(import).collect()
    }

    /// Returns the program on the machine `machine`.
    pub(crate) fn program(&self, machine: &str) -> Command {
        self.program_with(machine, &self.cluster.url())
    }

    fn program_with(&self, machine: &str, database: &str) -> Command {
        let folder = self.folder.path().join(machine);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("closecast.toml"), self.settings).unwrap();
        let mut program = command(&folder);
        program.envs([
            ("DATABASE_URL", database),
            ("CLOSECAST_ARTIFACTS_URL", &format!("s3://{}", self.bucket)),
            ("AWS_ENDPOINT_URL", &self.s3),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "testing"),
            ("AWS_SECRET_ACCESS_KEY", "testing"),
        ]);
        program
    }

    /// Runs a command that must succeed, and returns what it says.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.program("admin").arg("--json").args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{arguments:?}: {told}{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_str(&told).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {told}"))
    }

    /// Starts a server on the machine `machine`.
    pub(crate) fn serve(&self, machine: &str, arguments: &[&str]) -> Server {
        let mut program = self.program(machine);
        program.args(["serve", "--port", "0"]).args(arguments);
        let (running, line) = Running::start(program, &self.folder.path().join(machine), "Serving on http://");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        Server { running, address }
    }

    /// Starts a worker on the machine `machine`.
    pub(crate) fn worker(&self, machine: &str) -> Running {
        self.worker_with(machine, &self.cluster.url())
    }

    /// Starts a worker that reaches the database at another address.
    pub(crate) fn worker_with(&self, machine: &str, database: &str) -> Running {
        let mut program = self.program_with(machine, database);
        program.arg("worker");
        Running::start(program, &self.folder.path().join(machine), "Waiting for jobs").0
    }
}

/// A program that runs until it is told to end, killed when dropped.
pub(crate) struct Running {
    process: Child,
    log: PathBuf,
}

impl Running {
    /// Starts a program in `folder` and returns it with the line that begins with `ready`.
    fn start(mut program: Command, folder: &Path, ready: &str) -> (Self, String) {
        let (output, log) = (folder.join("output.txt"), folder.join("log.txt"));
        program.stdout(std::fs::File::create(&output).unwrap()).stderr(std::fs::File::create(&log).unwrap());
        let running = Self { process: program.stdin(Stdio::null()).spawn().unwrap(), log };
        let line = until("a program says that it is ready", || {
            let told = std::fs::read_to_string(&output).unwrap();
            told.lines().find(|line| line.starts_with(ready)).map(str::to_owned).filter(|_| told.ends_with('\n'))
        });
        (running, line)
    }

    /// Returns the process's number, which is part of a worker's name.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status().unwrap();
        assert!(sent.success(), "the program ended before its time");
    }

    /// Returns how it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        until("a program ends", || self.ended())
    }

    /// Returns what it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _may_be_gone = self.process.kill();
        let _reaped = self.process.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let told: Vec<_> = log.lines().filter(|line| !line.contains("finished processing request")).collect();
            println!("{}:\n{}", self.log.display(), told[told.len().saturating_sub(40)..].join("\n"));
        }
    }
}

/// A server.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) address: String,
}

impl Server {
    /// Asks and waits for the answer.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        ask(&self.address, method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Returns the body of an answer of 200.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.ask("GET", path, "").expect(200)
    }

    /// Queues a training, and returns the identifier of its job.
    pub(crate) fn queue(&self, training: &Value) -> String {
        let accepted = self.ask("POST", "/train", &training.to_string()).expect(202);
        assert_eq!(accepted["already_there"], false, "{accepted}");
        accepted["job_id"].as_str().unwrap().to_owned()
    }

    /// Returns jobs, newest first.
    pub(crate) fn jobs(&self, query: &str) -> Vec<Value> {
        self.get(&format!("/api/jobs?limit=500&{query}"))["jobs"].as_array().unwrap().clone()
    }

    /// Returns a job.
    pub(crate) fn job(&self, id: &str) -> Value {
        self.get(&format!("/api/jobs/{id}"))
    }

    /// Returns the job that `worker` has and trains.
    pub(crate) fn training_of(&self, worker: &Running) -> Option<Value> {
        let its = format!("-{}-", worker.id());
        let is_its = |job: &Value| job["worker"].as_str().is_some_and(|name| name.contains(&its));
        let jobs = self.jobs("status=running&kind=train_model");
        jobs.into_iter().find(|job| is_its(job) && job["progress"]["stage"] == "training")
    }
}

/// Waits for something that must come to pass.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, &mut look)
}

/// Waits for something that must come to pass within `patience`.
pub(crate) fn until_within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < patience, "in vain for {patience:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
