//! A log file a day and, when one grows too large, several, which together take no more than a given number of bytes.
//!
//! `tracing-appender` begins a file a day and limits their number, not their size: callers who cause lines could fill the disk. Crates
//! that limit the size begin no file a day, which is what operators look for.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::NaiveDate;
use closecast_domain::Clock;

/// Files that the bytes of a log are spread over: when the bound is reached, so much of it goes at once.
const FILES: u64 = 8;

/// Days that files are kept.
const DAYS: i64 = 31;

/// Which file of a log it is: of which day, and the how many of it.
type Place = (NaiveDate, u32);

/// A log in files named `PREFIX.DATE.log`, then `PREFIX.DATE.1.log` and so on.
pub struct RotatingFile {
    folder: PathBuf,
    prefix: &'static str,
    limit: u64,
    clock: Arc<dyn Clock>,
    open: Option<(Place, File)>,
}

impl RotatingFile {
    /// Opens the newest file of a log whose files take at most `limit` bytes together.
    ///
    /// # Errors
    /// What the operating system says when the file cannot be opened.
    pub fn open(folder: &Path, prefix: &'static str, limit: u64, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let mut log = Self { folder: folder.to_owned(), prefix, limit, clock, open: None };
        log.file_for(0)?;
        Ok(log)
    }

    /// Returns the file that takes so many more bytes. It is looked at anew each time: other programs may write into the same log.
    fn file_for(&mut self, bytes: u64) -> io::Result<&mut File> {
        let today = self.clock.now().date_naive();
        let largest = (self.limit / FILES).max(1);
        let fits = |size: u64| size == 0 || size + bytes <= largest;
        let takes = |place: &Place, file: &File| place.0 == today && self.size_in_place(*place, file).is_some_and(fits);
        if !self.open.as_ref().is_some_and(|(place, file)| takes(place, file)) {
            let newest = self.files().last().map(|&(place, _)| place);
            let mut number = newest.filter(|&(day, _)| day == today).map_or(0, |(_, number)| number);
            let (mut file, size) = self.append_to((today, number))?;
            if !fits(size) {
                number += 1;
                (file, _) = self.append_to((today, number))?;
            }
            self.open = Some(((today, number), file));
            self.remove_oldest(today);
        }
        self.open.as_mut().map(|(_, file)| file).ok_or_else(|| io::Error::other("no log file is open"))
    }

    /// Returns the size of an open file; `None` when another one is in its place, or none.
    fn size_in_place(&self, place: Place, file: &File) -> Option<u64> {
        let (open, found) = (file.metadata().ok()?, fs::metadata(self.path(place)).ok()?);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            if (open.dev(), open.ino()) != (found.dev(), found.ino()) {
                return None;
            }
        }
        Some(open.len().max(found.len()))
    }

    fn append_to(&self, place: Place) -> io::Result<(File, u64)> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(self.path(place))?;
        let size = file.metadata()?.len();
        Ok((file, size))
    }

    fn path(&self, (day, number): Place) -> PathBuf {
        let number = if number == 0 { String::new() } else { format!(".{number}") };
        self.folder.join(format!("{}.{day}{number}.log", self.prefix))
    }

    /// Returns the files of the log with their sizes, oldest first.
    fn files(&self) -> Vec<(Place, u64)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries
            .filter_map(|entry| {
                let place = self.place_of(entry.file_name().to_str()?)?;
                Some((place, entry.metadata().ok()?.len()))
            })
            .collect();
        files.sort_unstable();
        files
    }

    fn place_of(&self, name: &str) -> Option<Place> {
        let rest = name.strip_prefix(self.prefix)?.strip_prefix('.')?.strip_suffix(".log")?;
        let (day, number) = rest.split_once('.').unwrap_or((rest, "0"));
        Some((day.parse().ok()?, number.parse().ok()?))
    }

    /// Removes the oldest files while all of them take too many bytes, room for the newest to grow included, and those that are too old.
    fn remove_oldest(&self, today: NaiveDate) {
        let files = self.files();
        let mut sum: u64 = files.iter().map(|&(_, size)| size).sum();
        let room = self.limit - (self.limit / FILES).min(self.limit);
        for &(place, size) in files.split_last().map_or(&[][..], |(_newest, older)| older) {
            let is_old = (today - place.0).num_days() > DAYS;
            if (is_old || sum > room) && fs::remove_file(self.path(place)).is_ok() {
                sum = sum.saturating_sub(size);
            }
        }
    }
}

impl Write for RotatingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file_for(bytes.len() as u64)?.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;

    #[derive(Debug)]
    struct SetClock(Mutex<DateTime<Utc>>);

    impl Clock for SetClock {
        fn now(&self) -> DateTime<Utc> {
            *self.0.lock().unwrap()
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn log_stays_within_its_bound_and_keeps_the_newest_lines() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("other.2026-01-01.log"), [0; 5000]).unwrap();
        let clock = Arc::new(SetClock(Mutex::new("2026-01-02T10:00:00Z".parse().unwrap())));
        let mut log = RotatingFile::open(folder.path(), "app", 8000, clock).unwrap();
        for line in 0..1000 {
            log.write_all(format!("{line:099}\n").as_bytes()).unwrap();
            let size: u64 = log.files().iter().map(|&(_, size)| size).sum();
            assert!(size <= 8000, "{size} bytes after {line} lines");
        }
        let newest = log.files().last().unwrap().0;
        let text = fs::read_to_string(log.path(newest)).unwrap();
        assert!(text.ends_with("999\n") && log.files().len() > 4);
        assert!(folder.path().join("other.2026-01-01.log").exists(), "files of others stay");
    }

    #[test]
    fn log_begins_a_file_a_day_goes_on_after_a_restart_and_forgets_old_days() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(Mutex::new("2026-01-02T10:00:00Z".parse().unwrap())));
        let open = || RotatingFile::open(folder.path(), "app", 1 << 20, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        open().write_all(b"one\n").unwrap();
        let mut log = open();
        log.write_all(b"two\n").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("app.2026-01-02.log")).unwrap(), "one\ntwo\n");
        *clock.0.lock().unwrap() += TimeDelta::days(1);
        log.write_all(b"three\n").unwrap();
        assert_eq!(names(folder.path()), ["app.2026-01-02.log", "app.2026-01-03.log"]);
        *clock.0.lock().unwrap() += TimeDelta::days(40);
        log.write_all(b"four\n").unwrap();
        assert_eq!(names(folder.path()), ["app.2026-02-12.log"]);
    }

    #[test]
    fn two_programs_write_into_one_log_and_lose_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(Mutex::new("2026-01-02T10:00:00Z".parse().unwrap())));
        let open = || RotatingFile::open(folder.path(), "app", 80_000, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        let (mut busy, mut quiet) = (open(), open());
        for line in 0..2000 {
            busy.write_all(format!("{line:099}\n").as_bytes()).unwrap();
            if line % 500 == 499 {
                quiet.write_all(b"quiet\n").unwrap();
                let text: String =
                    quiet.files().iter().map(|&(place, _)| fs::read_to_string(quiet.path(place)).unwrap()).collect();
                assert!(text.contains("quiet"), "the line is in a file that is there");
            }
        }
        let size: u64 = busy.files().iter().map(|&(_, size)| size).sum();
        assert!(size <= 80_000, "{size}");
    }

    #[cfg(unix)]
    #[test]
    fn log_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let log = RotatingFile::open(folder.path(), "app", 1 << 20, Arc::new(closecast_domain::SystemClock)).unwrap();
        let mode = fs::metadata(log.path(log.files()[0].0)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
