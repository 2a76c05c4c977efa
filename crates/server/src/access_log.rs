//! One line a request, as JSON, in daily files of bounded size. Lines of requests without a key are bounded by time too: anyone can cause
//! as many as they like.
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

use closecast_app::rotating_file::RotatingFile;

/// Pause between two writes.
const PAUSE: Duration = Duration::from_millis(250);

/// Lines kept while the disk is slow, in bytes; further ones are counted and lost.
const MOST: usize = 8 << 20;

/// Bytes a second that lines of requests without a key may take, and so many at once.
const OPEN_RATE: f64 = 100e3;
const OPEN_BURST: f64 = 2e6;

/// A request and its answer.
pub(super) struct Entry<'a> {
    pub(super) id: &'a str,
    pub(super) client: IpAddr,
    pub(super) method: &'static str,
    /// Without the query, which may hold what is nobody's business.
    pub(super) path: &'a str,
    pub(super) status: u16,
    pub(super) micros: u128,
    /// The request came with a key that opens.
    pub(super) keyed: bool,
}

/// The access log.
pub struct AccessLog {
    clock: Arc<dyn Clock>,
    lines: Mutex<Lines>,
    file: Mutex<RotatingFile>,
}

#[derive(Debug)]
struct Lines {
    text: String,
    /// Lines that were lost since the last write.
    lost: u64,
    /// Lines of requests without a key that were left out since the last write.
    left_out: u64,
    /// Bytes that such lines may still take, and when that was so.
    open: (f64, DateTime<Utc>),
    /// The moment of the newest line, which many share.
    second: (i64, String),
}

impl AccessLog {
    /// Returns a log into `folder` whose files take at most `limit` bytes together, its lines dated by `clock`.
    ///
    /// # Errors
    /// What the operating system says against the file.
    pub fn open(folder: &Path, limit: u64, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let file = RotatingFile::open(folder, "access", limit, Arc::clone(&clock))?;
        let lines = Lines::new(clock.now());
        Ok(Self { clock, lines: Mutex::new(lines), file: Mutex::new(file) })
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
    pub async fn keep(self: Arc<Self>, stopping: CancellationToken) {
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
            lines.push_left_out(self.clock.now());
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
    fn new(now: DateTime<Utc>) -> Self {
        Self { text: String::new(), lost: 0, left_out: 0, open: (OPEN_BURST, now), second: (0, String::new()) }
    }

    fn push(&mut self, entry: &Entry<'_>, now: DateTime<Utc>) {
        if entry.keyed {
            return self.push_line(entry, now);
        }
        let seconds = (now - self.open.1).as_seconds_f64().max(0.0);
        self.open = ((self.open.0 + seconds * OPEN_RATE).min(OPEN_BURST), now);
        if self.open.0 <= 0.0 {
            self.left_out += 1;
            return;
        }
        let before = self.text.len();
        self.push_line(entry, now);
        self.open.0 -= (self.text.len() - before) as f64;
    }

    /// Says how many lines were left out, if any were.
    fn push_left_out(&mut self, now: DateTime<Utc>) {
        if self.left_out > 0 {
            let at = now.to_rfc3339_opts(SecondsFormat::Millis, true);
            let _infallible = writeln!(self.text, "{{\"at\":\"{at}\",\"lines_left_out\":{}}}", self.left_out);
            self.left_out = 0;
        }
    }

    fn push_line(&mut self, entry: &Entry<'_>, now: DateTime<Utc>) {
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
        let now = DateTime::from_timestamp_millis(1_700_000_000_042).unwrap();
        let mut lines = Lines::new(now);
        let client = IpAddr::from([127, 0, 0, 1]);
        let path = "/a\"b\\c\u{7}é";
        lines.push(&Entry { id: "x-1", client, method: "GET", path, status: 200, micros: 57, keyed: true }, now);
        lines.push(&Entry { id: "x-2", client, method: "OTHER", path: "/", status: 404, micros: 1, keyed: false }, now);
        let parsed: Vec<serde_json::Value> =
            lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(parsed[0]["path"], path);
        assert_eq!(parsed[0]["at"], "2023-11-14T22:13:20.042Z");
        assert_eq!((&parsed[0]["client"], &parsed[0]["micros"]), (&"127.0.0.1".into(), &57.into()));
        assert_eq!(parsed[1]["status"], 404);
    }

    #[test]
    fn lines_without_a_key_are_bounded_and_counted_and_those_with_one_are_all_written() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let mut lines = Lines::new(now);
        let client = IpAddr::from([203, 0, 113, 1]);
        let entry = |keyed| Entry { id: "x", client, method: "GET", path: "/", status: 404, micros: 1, keyed };
        for _ in 0..100_000 {
            lines.push(&entry(false), now);
        }
        assert!(lines.text.len() < 2_100_000 && lines.left_out > 50_000, "{}", lines.text.len());
        let before = lines.text.lines().count();
        (0..1000).for_each(|_| lines.push(&entry(true), now));
        assert_eq!(lines.text.lines().count(), before + 1000);
        let left_out = lines.left_out;
        lines.push_left_out(now);
        assert!(lines.text.ends_with(&format!("\"lines_left_out\":{left_out}}}\n")));
        lines.push(&entry(false), now + chrono::TimeDelta::seconds(1));
        assert_eq!(lines.left_out, 0, "after a second there is room again");
    }

    #[tokio::test]
    async fn lines_are_written_at_the_end_at_the_latest() {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(AccessLog::open(folder.path(), 1 << 20, Arc::new(closecast_domain::SystemClock)).unwrap());
        log.write(&Entry {
            id: "x",
            client: IpAddr::from([127, 0, 0, 1]),
            method: "GET",
            path: "/",
            status: 200,
            micros: 1,
            keyed: false,
        });
        let stopping = CancellationToken::new();
        stopping.cancel();
        log.keep(stopping).await;
        let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 1);
    }
}
