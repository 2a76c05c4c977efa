//! A shell in which the blocks of a document run, one after the other.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    block::{Block, Language},
    output,
    price_source::PriceSource,
};

/// Programs in front of the path: they start servers on free ports, in the background, and lead clients there.
const PROGRAMS: [(&str, &str); 3] = [
    ("closecast", include_str!("programs/closecast.sh")),
    ("cargo", include_str!("programs/cargo.sh")),
    ("curl", include_str!("programs/curl.sh")),
];

/// Where programs are looked for after [`PROGRAMS`].
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Line that the shell prints when a command has ended, before its exit status.
const END: &str = "--- end of the command, status ";

/// A shell in a folder of its own.
pub(crate) struct Session {
    place: TempDir,
    shell: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Session {
    /// Starts a shell in an empty folder.
    pub(crate) fn new(source: &PriceSource) -> Self {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = place.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path
        };
        let (programs, state, work) = (folder("programs"), folder("state"), folder("work"));
        for (name, text) in PROGRAMS {
            let path = programs.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut shell = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .current_dir(&work)
            .env_clear()
            .env("PATH", format!("{}:{PATH}", programs.display()))
            .env("HOME", &work)
            .env("PROGRAM", env!("CARGO_BIN_EXE_closecast"))
            .env("STATE", &state)
            .env("CLOSECAST_YAHOO_URL", source.address())
            .env("CLOSECAST_REQUESTS_PER_SECOND", "50")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("bash runs the examples: {error}"));
        let (input, output) = (shell.stdin.take().unwrap(), BufReader::new(shell.stdout.take().unwrap()));
        let mut session = Self { place, shell, input, output };
        writeln!(session.input, "exec 2>&1").unwrap();
        session
    }

    /// Returns the working folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.place.path().join("work")
    }

    /// Runs a block, each command of which must succeed, and print what the block shows.
    ///
    /// # Errors
    /// Place and command, with what is wrong and what the command printed.
    pub(crate) fn run(&mut self, block: &Block) -> Result<(), String> {
        for (command, shown) in commands(block) {
            let (printed, status) = self.execute(&command);
            let wrong = if status == "0" {
                output::compare(&shown, &printed).err()
            } else {
                Some(format!("exit status {status}"))
            };
            if let Some(wrong) = wrong {
                return Err(format!("{}: {wrong}, of\n{command}\nwhich prints\n{printed}", block.place()));
            }
        }
        Ok(())
    }

    /// Returns what commands print, and the exit status of the first one that fails.
    fn execute(&mut self, commands: &str) -> (String, String) {
        // In a function that is no condition, `set -e` would end the shell: a trap leaves the commands instead. What they set stays.
        let script = self.place.path().join("script");
        std::fs::write(&script, format!("trap 'status=$?; trap - ERR; return $status' ERR\n{commands}\ntrap - ERR\n"))
            .unwrap();
        let source = format!("source '{}' </dev/null", script.display());
        writeln!(self.input, "set -u -o pipefail; {source}; ended=$?; echo; echo '{END}'$ended").unwrap();
        let mut printed = String::new();
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line).unwrap() == 0 {
                return (printed, "unknown: the shell has ended".to_owned());
            }
            if let Some(status) = line.strip_prefix(END) {
                return (printed.trim_end().to_owned(), status.trim().to_owned());
            }
            printed.push_str(&line);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let pids = std::fs::read_to_string(self.place.path().join("state/pids")).unwrap_or_default();
        for pid in pids.lines() {
            let _may_be_gone = Command::new("kill").args(["-KILL", pid]).stderr(Stdio::null()).status();
        }
        let _may_be_gone = self.shell.kill();
        let _reaped = self.shell.wait();
    }
}

/// Returns the commands of a block, each with the output that it shows: a block of a shell as a whole, which shows none.
fn commands(block: &Block) -> Vec<(String, String)> {
    if block.language != Language::Console {
        return vec![(block.text.clone(), String::new())];
    }
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in block.text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), String::new())),
            (None, Some((_, shown))) => shown.extend([line, "\n"]),
            (None, None) => panic!("{}: output before the first command", block.place()),
        }
    }
    commands
}
