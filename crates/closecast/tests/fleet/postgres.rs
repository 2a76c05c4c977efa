//! A PostgreSQL of the test's own, which can be killed and locked without disturbing anybody.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

use closecast_testkit::services;

/// Where Debian keeps the programs of each version of the server.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A server with an empty database, gone when dropped.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
}

impl Cluster {
    /// Starts a server; where PostgreSQL is not installed, the test cannot run, and `None` is returned.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            services::missing(&format!("initdb of PostgreSQL is neither in `pg_config --bindir` nor below {DEBIAN}"));
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { programs, folder: tempfile::tempdir().unwrap(), port };
        if is_root() {
            done(Command::new("chown").arg("postgres").arg(cluster.folder.path()));
        }
        let data = cluster.data();
        done(
            cluster
                .server_program("initdb")
                .args(["--auth=trust", "--username=closecast", "--encoding=UTF8", "--locale=C"])
                .arg(&data),
        );
        let options =
            format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c shared_buffers=32MB");
        cluster.control(&["start", "-o", &options]);
        Some(cluster)
    }

    /// Returns the address to give to the program.
    pub(crate) fn url(&self) -> String {
        format!("postgres://closecast@127.0.0.1:{}/postgres", self.port)
    }

    /// Returns the port of the server on this machine.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Kills the server as a crash would, and starts it again; returns when it answers.
    pub(crate) fn crash_and_restart(&self) {
        self.control(&["restart", "-m", "immediate"]);
    }

    /// Returns the rows that a query gives, their columns separated by `|`.
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        let output = self.psql().args(["-c", sql]).output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// Keeps everybody else away from a table until the lock is dropped.
    pub(crate) fn lock(&self, table: &str) -> Lock {
        let mut psql = self.psql().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut sql = psql.stdin.take().unwrap();
        write!(sql, "BEGIN;\nLOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;\nSELECT 'locked';\n").unwrap();
        let lines = BufReader::new(psql.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line == "locked"), "{table} could not be locked");
        Lock { psql, sql: Some(sql) }
    }

    fn psql(&self) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url()]);
        psql
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn control(&self, arguments: &[&str]) {
        let (data, log) = (self.data(), self.folder.path().join("log"));
        let mut control = self.server_program("pg_ctl");
        done(control.arg("-D").arg(data).arg("-l").arg(log).args(["-w", "-t", "60"]).args(arguments));
    }

    /// The server refuses to run as root.
    fn server_program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.server_program("pg_ctl");
        let stop = stop.arg("-D").arg(self.data()).args(["stop", "-m", "immediate"]);
        let _may_be_gone = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// A table that nobody else can use.
pub(crate) struct Lock {
    psql: Child,
    sql: Option<ChildStdin>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // At the end of its input psql ends, and its transaction with it.
        drop(self.sql.take());
        let _reaped = self.psql.wait();
    }
}

/// Returns the folder with the programs of the server, of the newest version.
fn programs() -> Option<PathBuf> {
    let told =
        Command::new("pg_config").arg("--bindir").output().ok().and_then(|told| String::from_utf8(told.stdout).ok());
    let mut folders: Vec<PathBuf> = told.map(|path| PathBuf::from(path.trim())).into_iter().collect();
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders.into_iter().find(|folder| ["initdb", "pg_ctl", "psql"].iter().all(|name| is_program(&folder.join(name))))
}

fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|told| told.stdout.trim_ascii() == b"0")
}

/// Runs a command that must succeed. It has no output of its own, which the server would keep open.
fn done(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).status();
    assert!(status.unwrap().success(), "{command:?}");
}
