//! A PostgreSQL server of this test's own, which may be stopped at will.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where distributions put what only administrators start.
const HOMES: [&str; 4] = ["/usr/local/bin", "/usr/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin"];

/// A server in a folder of its own, gone when dropped.
pub(crate) struct Cluster {
    folder: tempfile::TempDir,
    programs: PathBuf,
    as_user: Vec<&'static str>,
    port: u16,
}

impl Cluster {
    /// Starts one; says so where there is no PostgreSQL.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            closecast_testkit::services::missing("there is no PostgreSQL (initdb, pg_ctl) on this machine");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        // PostgreSQL does not run as root.
        let as_user = if is_root { vec!["runuser", "-u", "postgres", "--"] } else { Vec::new() };
        if is_root {
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap();
            assert!(owned.success());
        }
        // Free now, and nobody else asks for it in the moment until the server has it.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { folder, programs, as_user, port };
        cluster.run("initdb", &["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"]);
        cluster.resume();
        Some(cluster)
    }

    /// Makes a database, and returns its address.
    pub(crate) fn database(&self, name: &str) -> String {
        let port = self.port.to_string();
        let mut command = self.command("createdb");
        command.args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres", name]);
        ran(command);
        format!("postgres://postgres@127.0.0.1:{port}/{name}")
    }

    /// Stops it at once, whoever is connected.
    pub(crate) fn stop(&self) {
        self.run("pg_ctl", &["-m", "immediate", "-w", "stop"]);
    }

    /// Starts it again.
    pub(crate) fn resume(&self) {
        let folder = self.folder.path().display();
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}", self.port);
        let log = self.folder.path().join("log");
        self.run("pg_ctl", &["-o", &options, "-l", log.to_str().unwrap(), "-w", "start"]);
    }

    /// Stops all its processes where they are until the result is dropped: connections stay open, and nothing answers.
    pub(crate) fn freeze(&self) -> Frozen {
        let lock = fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        let main = lock.lines().next().unwrap().to_owned();
        signal("STOP", &main);
        let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let pid = entry.ok()?.file_name().into_string().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // After the name, which may hold anything: the state, then the parent.
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.to_owned();
            (parent == main).then_some(pid)
        });
        let children: Vec<String> = children.collect();
        children.iter().for_each(|pid| signal("STOP", pid));
        Frozen(std::iter::once(main).chain(children).collect())
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = self.command(program);
        command.arg("-D").arg(self.data()).args(arguments);
        ran(command);
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = match self.as_user.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }
}

/// The processes of a server that were stopped where they were; they go on when this is dropped.
pub(crate) struct Frozen(Vec<String>);

impl Drop for Frozen {
    fn drop(&mut self) {
        self.0.iter().for_each(|pid| signal("CONT", pid));
    }
}

fn signal(name: &str, pid: &str) {
    let _may_be_gone = Command::new("kill").args([&format!("-{name}"), pid]).status().unwrap();
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut command = self.command("pg_ctl");
        command.arg("-D").arg(self.data()).args(["-m", "immediate", "-w", "stop"]);
        let _stopped_already = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn ran(mut command: Command) {
    // A server that goes on would keep a pipe open.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}");
}

/// Returns the folder of initdb and pg_ctl.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = debian.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let mut homes = HOMES.iter().map(PathBuf::from).chain(debian);
    let has = |home: &Path| ["initdb", "pg_ctl", "createdb"].iter().all(|program| home.join(program).exists());
    homes.find(|home| has(home))
}
