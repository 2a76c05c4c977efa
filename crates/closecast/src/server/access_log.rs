//! One line a request, as JSON, in a file a day.
//!
//! Not through `tracing`: a request is answered in some microseconds, and its line must cost less than that. Lines are gathered
//! in memory and written a few times a second.

use std::{
    fmt::Write as _,
    io::Write as _,
    net::IpAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use closecast_domain::Clock;
use tokio_util::sync::CancellationToken;
use tracing_appender::rolling::{self, RollingFileAppender};

/// Pause between two writes.
const PAUSE: Duration = Duration::from_millis(250);

/// Lines kept while the disk is slow, in bytes; further ones are counted and lost.
const MOST: usize = 8 << 20;

/// Files kept.
const DAYS: usize = 31;

/// A request and its answer.
pub(super) struct Entry<'a> {
    pub(super) id: &'a str,
    pub(super) client: IpAddr,
    pub(super) method: &'static str,
    /// Without the query, which may hold what is nobody's business.
    pub(super) path: &'a str,
    pub(super) status: u16,
    pub(super) micros: u128,
}

/// The access log.
pub(crate) struct AccessLog {
    clock: Arc<dyn Clock>,
    lines: Mutex<Lines>,
    file: Mutex<RollingFileAppender>,
}

#[derive(Debug, Default)]
struct Lines {
    text: String,
    /// Lines that were lost since the last write.
    lost: u64,
    /// The moment of the newest line, which many share.
    second: (i64, String),
}

impl AccessLog {
    /// Returns a log into `folder`, its lines dated by `clock`.
    ///
    /// # Errors
    /// What the operating system or the settings say against the file.
    pub(crate) fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let file = rolling::Builder::new()
            .rotation(rolling::Rotation::DAILY)
            .filename_prefix("access")
            .filename_suffix("log")
            .max_log_files(DAYS)
            .build(folder)
            .map_err(|error| error.to_string())?;
        Ok(Self { clock, lines: Mutex::default(), file: Mutex::new(file) })
    }

    /// Takes note of a request.
    pub(super) fn write(&self, entry: &Entry<'_>) {
        let now = self.clock.now();
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.text.len() > MOST {
            lines.lost += 1;
            return;
        }
        lines.push(entry, now);
    }

    /// Writes the lines down every now and then, until it is told to stop, and then the last ones.
    pub(crate) async fn keep(self: Arc<Self>, stopping: CancellationToken) {
        let mut stopped = false;
        while !stopped {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => (),
                () = stopping.cancelled() => stopped = true,
            }
            let log = Arc::clone(&self);
            // A slow disk must hold up no request.
            if let Err(error) = tokio::task::spawn_blocking(move || log.flush()).await {
                tracing::warn!("the access log could not be written: {error}");
            }
        }
    }

    /// Writes down what there is.
    fn flush(&self) {
        let (text, lost) = {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            let text = std::mem::take(&mut lines.text);
            (text, std::mem::take(&mut lines.lost))
        };
        if lost > 0 {
            tracing::warn!("{lost} lines of the access log were lost: the disk is slower than the requests");
        }
        if text.is_empty() {
            return;
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(text.as_bytes()) {
            tracing::warn!("the access log cannot be written: {error}");
        }
    }
}

impl Lines {
    fn push(&mut self, entry: &Entry<'_>, now: DateTime<Utc>) {
        if self.second.0 != now.timestamp() || self.second.1.is_empty() {
            let text = now.to_rfc3339_opts(SecondsFormat::Secs, true);
            self.second = (now.timestamp(), text.trim_end_matches('Z').to_owned());
        }
        let millis = now.timestamp_subsec_millis();
        let text = &mut self.text;
        let Entry { id, method, status, micros, .. } = entry;
        let _infallible = write!(
            text,
            "{{\"at\":\"{}.{millis:03}Z\",\"request_id\":\"{id}\",\"method\":\"{method}\",\"path\":\"",
            self.second.1
        );
        escape_into(text, entry.path);
        let client = entry.client;
        let _infallible = writeln!(text, "\",\"status\":{status},\"micros\":{micros},\"client\":\"{client}\"}}");
    }
}

/// Writes a path into a string of JSON. The characters of a valid path need no more than this.
fn escape_into(text: &mut String, path: &str) {
    for character in path.chars() {
        match character {
            '"' | '\\' => {
                text.push('\\');
                text.push(character);
            }
            character if character.is_control() => {
                let _infallible = write!(text, "\\u{:04x}", u32::from(character));
            }
            character => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_whatever_the_path() {
        let mut lines = Lines::default();
        let now = DateTime::from_timestamp_millis(1_700_000_000_042).unwrap();
        let client = IpAddr::from([127, 0, 0, 1]);
        let path = "/a\"b\\c\u{7}é";
        lines.push(&Entry { id: "x-1", client, method: "GET", path, status: 200, micros: 57 }, now);
        lines.push(&Entry { id: "x-2", client, method: "OTHER", path: "/", status: 404, micros: 1 }, now);
        let parsed: Vec<serde_json::Value> =
            lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(parsed[0]["path"], path);
        assert_eq!(parsed[0]["at"], "2023-11-14T22:13:20.042Z");
        assert_eq!((&parsed[0]["client"], &parsed[0]["micros"]), (&"127.0.0.1".into(), &57.into()));
        assert_eq!(parsed[1]["status"], 404);
    }

    #[tokio::test]
    async fn lines_are_written_at_the_end_at_the_latest() {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(AccessLog::open(folder.path(), Arc::new(closecast_domain::SystemClock)).unwrap());
        log.write(&Entry {
            id: "x",
            client: IpAddr::from([127, 0, 0, 1]),
            method: "GET",
            path: "/",
            status: 200,
            micros: 1,
        });
        let stopping = CancellationToken::new();
        stopping.cancel();
        log.keep(stopping).await;
        let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 1);
    }
}
