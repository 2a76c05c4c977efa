//! What a piece of work takes of this machine.

use std::time::Duration;

use serde_json::{Value, json};

/// The process as the operating system sees it at a moment. Figures are absent where the system does not tell them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resources {
    /// Processor time of all threads since the start.
    pub cpu_seconds: Option<f64>,
    /// Memory in use.
    pub resident_bytes: Option<u64>,
    /// Most memory that was ever in use.
    pub peak_resident_bytes: Option<u64>,
}

impl Resources {
    /// Returns the figures of this moment.
    pub fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        Self {
            cpu_seconds: cpu_seconds(&stat),
            resident_bytes: kilobytes(&status, "VmRSS:"),
            peak_resident_bytes: kilobytes(&status, "VmHWM:"),
        }
    }

    /// Returns what the process took from this moment until now, for the record of a run.
    pub fn spent_until_now(&self, elapsed: Duration, threads: usize) -> Value {
        let now = Self::now();
        let cpu = now.cpu_seconds.zip(self.cpu_seconds).map(|(now, before)| now - before);
        json!({
            "seconds": elapsed.as_secs_f64(),
            "process_cpu_seconds": cpu,
            "process_resident_bytes": now.resident_bytes,
            "process_peak_resident_bytes": now.peak_resident_bytes,
            "threads": threads,
            "instruction_set": closecast_model::instruction_set(),
        })
    }
}

fn kilobytes(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Reads user and system time from the line of the process, whose second field may hold anything within its parentheses.
fn cpu_seconds(stat: &str) -> Option<f64> {
    // Linux counts in hundredths of a second, whatever its own tick (USER_HZ).
    const TICKS_PER_SECOND: f64 = 100.0;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map(str::parse::<f64>);
    Some((fields.next()?.ok()? + fields.next()?.ok()?) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_read_whatever_the_program_is_called() {
        let stat = "7 (close) cast) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 100 1000 200";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(kilobytes("VmPeak:\t 9 kB\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12 * 1024));
        assert_eq!((cpu_seconds(""), kilobytes("", "VmRSS:")), (None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_memory_and_time() {
        let begun = Resources::now();
        let cpu = |spent: &Value| spent["process_cpu_seconds"].as_f64().unwrap();
        let mut spent = begun.spent_until_now(Duration::ZERO, 1);
        // Ends as soon as the process was given as much time, however busy the machine is.
        while cpu(&spent) < 0.05 {
            spent = begun.spent_until_now(Duration::ZERO, 1);
        }
        assert!(spent["process_peak_resident_bytes"].as_u64() >= spent["process_resident_bytes"].as_u64(), "{spent}");
    }
}
