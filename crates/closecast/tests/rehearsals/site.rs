//! An installation in a folder of its own, and a client of its server.

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    command::{command, write_csv},
    server::Server,
};

/// A worker that is silent for the shortest time allowed counts as dead.
const SETTINGS: &str = "[worker]\nlease_seconds = 4\n";

/// Longest that anything here may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A small network, quickly trained.
pub(crate) const SMALL: [&str; 6] = ["--epochs", "2", "--hidden-size", "4", "--lookback", "10"];

/// Sessions stored.
pub(crate) const SESSIONS: usize = 450;

/// An installation with prices of AAPL, one version of its model, and one forecast.
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    _gone_when_dropped: Option<tempfile::TempDir>,
}

impl Site {
    /// Makes one on SQLite.
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// Makes one whose settings begin with `settings`.
    pub(crate) fn with(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = Self::in_folder(folder.path(), settings);
        Self { _gone_when_dropped: Some(folder), ..site }
    }

    /// Makes one in a folder that somebody else removes.
    pub(crate) fn in_folder(folder: &Path, settings: &str) -> Self {
        let site = Self { folder: folder.to_owned(), _gone_when_dropped: None };
        fs::write(folder.join("closecast.toml"), format!("{settings}\n{SETTINGS}")).unwrap();
        write_csv(&folder.join("AAPL.csv"), SESSIONS);
        site.succeeds(&["import", "AAPL.csv"]);
        site.succeeds(&[&["train", "AAPL"], &SMALL[..]].concat());
        site.succeeds(&["predict", "AAPL"]);
        site
    }

    /// Makes one without anything in it, in a folder that somebody else removes.
    pub(crate) fn bare(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), _gone_when_dropped: None }
    }

    /// Returns the data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        command(&self.folder).args(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs a command that must succeed, and returns what it prints.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", printed(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail with one sentence that holds `expected`, and without a panic.
    pub(crate) fn fails(&self, arguments: &[&str], expected: &str) {
        let output = self.run(arguments);
        let printed = printed(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {printed}");
        let errors = printed.lines().filter(|line| line.starts_with("error: ")).count();
        assert!(errors == 1 && printed.contains(expected) && !printed.contains("panicked"), "{arguments:?}: {printed}");
    }

    /// Runs a command that must succeed, and returns the object it prints.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.succeeds(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// Returns what the doctor finds, and whether all is well.
    pub(crate) fn doctor(&self, arguments: &[&str]) -> Findings {
        let output = self.run(&[&["doctor", "--json"], arguments].concat());
        let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", printed(&output)));
        assert_eq!(output.status.success(), found["healthy"] == true, "{found:#}");
        Findings(found)
    }

    /// Returns the versions of AAPL, oldest first.
    pub(crate) fn versions(&self) -> Vec<u64> {
        let models = self.json(&["models", "list"]);
        let mut versions: Vec<_> = models["models"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["model"]["version"].as_u64().unwrap())
            .collect();
        versions.sort_unstable();
        versions
    }
}

/// What a command said on standard error.
fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the doctor found.
#[derive(Debug)]
pub(crate) struct Findings(pub(crate) Value);

impl Findings {
    /// Returns the findings that are not as they should be.
    pub(crate) fn complaints(&self) -> Vec<&Value> {
        self.0["checks"].as_array().unwrap().iter().filter(|check| check["status"] != "ok").collect()
    }

    /// Returns the finding on `name`.
    pub(crate) fn on(&self, name: &str) -> &Value {
        let mut checks = self.0["checks"].as_array().unwrap().iter();
        checks.find(|check| check["name"] == name).unwrap_or_else(|| panic!("nothing on {name:?}: {:#}", self.0))
    }

    /// Returns how many forecasts could be read.
    pub(crate) fn forecasts(&self) -> usize {
        let detail = self.on("forecasts")["detail"].as_str().unwrap();
        detail.split(' ').find_map(|word| word.parse().ok()).unwrap()
    }
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

impl Server {
    /// Asks over a connection of its own.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "")
    }

    /// Sends a request in HTTP/1.0, whose answers come in one piece.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send(method, path, "", body)
    }

    /// The same with more headers, each ended by a line break, and without a body.
    pub(crate) fn request_with(&self, method: &str, path: &str, headers: &str) -> Answer {
        self.send(method, path, headers, "")
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let begun = Instant::now();
        let mut stream = self.connect();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!("content-type: application/json\r\ncontent-length: {}\r\nhost: localhost\r\n", body.len());
        write!(stream, "{method} {path} HTTP/1.0\r\n{head}{headers}\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned(), took: begun.elapsed() }
    }

    /// Asks for the training of a network that takes a second or so, and returns the job.
    pub(crate) fn train(&self, seed: u64, epochs: u64) -> String {
        self.train_as(&json!({ "epochs": epochs, "hidden_size": 48, "lookback": 20, "seed": seed }))
    }

    /// Asks for a training that takes many seconds, and returns the job.
    pub(crate) fn train_slowly(&self) -> String {
        self.train_as(&json!({ "epochs": 60, "hidden_size": 160, "lookback": 60 }))
    }

    fn train_as(&self, settings: &Value) -> String {
        let mut body = settings.clone();
        body["symbol"] = "AAPL".into();
        let answer = self.request("POST", "/train", &body.to_string());
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.json()["job_id"].as_str().unwrap().to_owned()
    }

    /// Waits until the job is as `is_so` wants it, and returns it.
    pub(crate) fn wait_for(&self, job: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        wait_until(&format!("job {job}"), || {
            let answer = self.get(&format!("/api/jobs/{job}"));
            if answer.status == 200 {
                last = answer.json();
            }
            answer.status == 200 && is_so(&last)
        });
        last
    }

    /// Waits for the job's success, and returns the job.
    pub(crate) fn succeeds(&self, job: &str) -> Value {
        let ended = self.wait_for(job, |job| job["ended_at"].is_string());
        assert_eq!(ended["status"], "succeeded", "{ended:#}");
        ended
    }

    /// Waits until no job is left to do.
    pub(crate) fn is_idle(&self) {
        // In one question: between two a job that is taken over or begun would be in neither answer.
        let all_ended = || {
            let jobs = self.get("/api/jobs?limit=500").json();
            jobs["jobs"].as_array().unwrap().iter().all(|job| job["ended_at"].is_string())
        };
        wait_until("the queue to be empty", all_ended);
    }

    /// Ends it as the operating system does when memory runs out.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Waits until `is_so`.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited for {what} in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns every file below a folder; one that goes meanwhile is left out.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Makes a file look as if it had been written two hours ago.
pub(crate) fn make_old(path: &Path) {
    #[expect(clippy::disallowed_methods, reason = "files carry the machine's time")]
    let then = std::time::SystemTime::now() - Duration::from_secs(2 * 3600);
    fs::File::options().append(true).open(path).unwrap().set_modified(then).unwrap();
}

/// Writes a line to standard error, whether or not output is captured.
pub(crate) fn tell(line: &str) {
    // Not eprintln, which cargo shows for failed tests only.
    let _ = writeln!(std::io::stderr(), "{line}");
}
