//! Which process this is, in words by which another one can tell whether it still lives.

use std::fs;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A process of some machine. A number alone would not do: numbers are given again, after a start of the machine at the latest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Name of the machine.
    host: String,
    /// This start of the machine.
    boot: String,
    /// Where the number counts: containers number their processes for themselves.
    namespace: String,
    pid: u32,
    /// When it began, in ticks since the start of the machine.
    begun: u64,
}

impl Process {
    /// Returns this process; `None` where the operating system does not tell.
    pub fn this() -> Option<Self> {
        Self::numbered(std::process::id())
    }

    /// Returns what is kept of this process in the record of its work.
    pub fn owner() -> Value {
        Self::this().and_then(|process| serde_json::to_value(process).ok()).unwrap_or_default()
    }

    fn numbered(pid: u32) -> Option<Self> {
        let read = |path: &str| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
        Some(Self {
            host: read("/proc/sys/kernel/hostname")?,
            boot: read("/proc/sys/kernel/random/boot_id")?,
            namespace: fs::read_link("/proc/self/ns/pid").ok()?.to_str()?.to_owned(),
            pid,
            begun: begun(&read(&format!("/proc/{pid}/stat"))?)?,
        })
    }

    /// Returns whether the process that `owner` names still lives; `None` where that cannot be told from here.
    pub fn lives(owner: &Value) -> Option<bool> {
        let owner: Self = serde_json::from_value(owner.clone()).ok()?;
        let here = Self::this()?;
        if owner.host != here.host {
            return None;
        }
        if owner.boot != here.boot {
            return Some(false);
        }
        (owner.namespace == here.namespace).then(|| Self::numbered(owner.pid).as_ref() == Some(&owner))
    }
}

/// Returns the field 22 of a `/proc/PID/stat`. The name in field 2 may hold anything, brackets too.
fn begun(stat: &str) -> Option<u64> {
    let (_name, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_one_of_another_start_of_the_machine_does_not() {
        let this = Process::this().unwrap();
        let as_json = |process: &Process| serde_json::to_value(process).unwrap();
        assert_eq!(Process::lives(&as_json(&this)), Some(true));
        assert_eq!(Process::lives(&as_json(&Process { boot: "another".into(), ..this.clone() })), Some(false));
        assert_eq!(Process::lives(&as_json(&Process { begun: this.begun + 1, ..this.clone() })), Some(false));
        assert_eq!(Process::lives(&as_json(&Process { host: "elsewhere".into(), ..this.clone() })), None);
        assert_eq!(Process::lives(&as_json(&Process { namespace: "pid:[1]".into(), ..this })), None);
        assert_eq!(Process::lives(&Value::Null), None);
    }

    #[test]
    fn the_name_of_a_program_does_not_shift_the_fields() {
        let fields: Vec<_> = (3..=22).map(|field| field.to_string()).collect();
        assert_eq!(begun(&format!("7 (a) b (c) {}", fields.join(" "))), Some(22));
    }
}
