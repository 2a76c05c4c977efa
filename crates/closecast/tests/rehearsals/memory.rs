//! A server with little memory: in a cgroup of 256 MiB that the kernel holds it to.

use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    command::{command, write_csv},
    server::{STANDARD_ERROR, Server},
    site::Site,
};

const LIMIT: u64 = 256 << 20;

/// A cgroup below that of this process, which goes when it is dropped.
struct Cgroup(PathBuf);

impl Cgroup {
    /// Makes one, or says why this machine does not allow that.
    fn with_limit(name: &str) -> Option<Self> {
        let of_process = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let below = |controller: &str, root: &str| {
            let line = of_process.lines().find_map(|line| line.split_once(controller))?;
            Some(Path::new(root).join(line.1.trim_start_matches('/')))
        };
        let places = [
            (below(":memory:", "/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
            (below("0::", "/sys/fs/cgroup"), "memory.max"),
        ];
        for (parent, file) in places {
            let Some(parent) = parent.filter(|parent| parent.is_dir()) else { continue };
            let cgroup = Self(parent.join(format!("closecast-{name}-{}", std::process::id())));
            if fs::create_dir(&cgroup.0).is_ok() && fs::write(cgroup.0.join(file), LIMIT.to_string()).is_ok() {
                return Some(cgroup);
            }
        }
        closecast_testkit::services::missing(&format!("{name} needs a cgroup of its own with a limit of memory"));
        None
    }

    /// Returns the command of the program within it.
    fn command(&self, folder: &Path) -> Command {
        let plain = command(folder);
        let mut within = Command::new("/bin/sh");
        let enter = format!("echo $$ > {}/cgroup.procs && exec \"$0\" \"$@\"", self.0.display());
        within.env_clear().current_dir(folder);
        within.args(["-c", &enter]).arg(plain.get_program()).args(plain.get_args());
        within
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // The last process has ended, but may still be on its way out.
        for _ in 0..50 {
            if !self.0.exists() || fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
}

impl Server {
    /// Returns the most memory that it ever had, in bytes.
    fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    fn upload(&self, text: &str) -> (u16, String) {
        let mut stream = self.connect();
        let head = format!("content-type: text/csv\r\ncontent-length: {}\r\nhost: localhost\r\n", text.len());
        write!(stream, "POST /api/stocks/upload HTTP/1.0\r\n{head}\r\n{text}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }
}

/// Five megabytes of ordinary prices.
fn prices(symbols: usize, days: usize) -> String {
    let mut text = "Symbol,Date,Open,High,Low,Close,Adj Close,Volume\n".to_owned();
    for symbol in 0..symbols {
        for day in 0..days {
            let day = date(day);
            writeln!(text, "LOT{symbol},{day},100.250000,101.500000,99.750000,100.875000,98.125000,34454120").unwrap();
        }
    }
    text
}

/// Days of months of 28 days, in order: that is enough for a file.
fn date(day: usize) -> String {
    format!("{:04}-{:02}-{:02}", 2000 + day / 336, day / 28 % 12 + 1, day % 28 + 1)
}

#[test]
fn server_works_within_256_megabytes_by_default_settings() {
    let Some(cgroup) = Cgroup::with_limit("works-within") else { return };
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 450);
    let site = Site::bare(folder.path());
    site.succeeds(&["import", "AAPL.csv"]);
    let server = Server::of(cgroup.command(folder.path()), folder.path());
    let idle = server.peak_memory();
    let job = server.request("POST", "/train", &json!({ "symbol": "AAPL", "epochs": 3 }).to_string());
    assert_eq!(job.status, 202, "{job:?}");
    let text = prices(15, 4_500);
    assert!(text.len() > 5_000_000, "{}", text.len());
    let (status, answer) = server.upload(&text);
    assert_eq!(status, 200, "{answer}");
    server.succeeds(job.json()["job_id"].as_str().unwrap());
    for _ in 0..50 {
        let forecast = server.get("/api/predictions/AAPL");
        assert_eq!(forecast.status, 200, "{forecast:?}");
    }
    let peak = server.peak_memory();
    println!("memory: {} MB after the start, {} MB at most", idle / 1_000_000, peak / 1_000_000);
    assert!(peak < LIMIT, "{peak}");
    let log = logged(folder.path());
    assert!(log.contains("memory: 268 MB available"), "{log}");
}

#[test]
fn server_survives_what_needs_more_memory_than_there_is() {
    let Some(cgroup) = Cgroup::with_limit("survives") else { return };
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("AAPL.csv"), 450);
    let site = Site::bare(folder.path());
    site.succeeds(&["import", "AAPL.csv"]);
    let server = Server::of(cgroup.command(folder.path()), folder.path());
    let large: Value =
        json!({ "symbol": "AAPL", "hidden_size": 400, "layers": 4, "lookback": 250, "batch_size": 4096 });
    let answer = server.request("POST", "/train", &large.to_string());
    assert_eq!(answer.status, 422, "{answer:?}");
    for field in ["hidden_size", "layers", "lookback", "batch_size", "MB"] {
        assert!(answer.body.contains(field), "{field}: {answer:?}");
    }
    let symbols: String = (0..2_500_000).map(|number| format!("S{number},2020-01-02,1\n")).collect();
    let (status, answer) = server.upload(&format!("Symbol,Date,Close\n{symbols}"));
    assert!(status == 422 && answer.contains("more than 5000 symbols"), "{answer}");
    let rows: String = (0..3_000_000).map(|number| format!("X,{},1\n", date(number % 60_000))).collect();
    let (status, answer) = server.upload(&format!("Symbol,Date,Close\n{rows}"));
    assert!(status == 422 && answer.contains("rows") && answer.contains("268 MB of memory"), "{answer}");
    assert_eq!(server.get("/health").status, 200);
    assert!(server.peak_memory() < LIMIT);
}

fn logged(folder: &Path) -> String {
    let mut text = fs::read_to_string(folder.join(STANDARD_ERROR)).unwrap_or_default();
    for file in fs::read_dir(folder.join("data/logs")).into_iter().flatten().flatten() {
        text.push_str(&fs::read_to_string(file.path()).unwrap_or_default());
    }
    text
}
