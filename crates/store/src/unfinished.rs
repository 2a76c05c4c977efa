//! Temporary files that killed programs left behind.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// A file that was not written to for this long is abandoned: a backup writes all the time.
const ABANDONED_AFTER: TimeDelta = TimeDelta::hours(1);

/// Returns abandoned temporary files of this program in `folder`: unfinished backups, unfinished copies before
/// upgrades, and disk probes, not written to for an hour. Other files are ignored.
///
/// # Errors
/// The error of the operating system.
pub fn unfinished_files(folder: &Path, now: DateTime<Utc>) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_str().is_some_and(is_temporary);
        // Files may be removed concurrently.
        let Some(metadata) = entry.metadata().ok().filter(|metadata| is_ours && metadata.is_file()) else { continue };
        if now - DateTime::<Utc>::from(metadata.modified()?) > ABANDONED_AFTER {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Returns whether this program creates files of that name temporarily.
fn is_temporary(name: &str) -> bool {
    // Earlier versions used the process number.
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let probe = |prefix| name.strip_prefix(prefix).is_some_and(|rest| is_number(rest) || is_unique(rest));
    is_unfinished_backup(name) || is_unfinished_copy(name) || probe(".closecast-ready-") || probe(".doctor-")
}

/// Matches `NAME.UUID.part`.
fn is_unfinished_backup(name: &str) -> bool {
    let parts = name.strip_suffix(".part").and_then(|rest| rest.rsplit_once('.'));
    parts.is_some_and(|(name, id)| !name.is_empty() && is_unique(id))
}

/// Returns whether `id` is a unique part of a name made by this program.
fn is_unique(id: &str) -> bool {
    id.len() == 32 && Uuid::try_parse(id).is_ok_and(|id| id.get_version_num() == 7)
}

/// Matches `NAME.before-VERSION-TIME.part` and its journal.
fn is_unfinished_copy(name: &str) -> bool {
    let name = name.strip_suffix("-journal").unwrap_or(name);
    name.strip_suffix(".part").is_some_and(|rest| rest.contains(".before-"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn unfinished_files_returns_old_files_of_this_program_only() {
        let folder = tempfile::tempdir().unwrap();
        let backup = format!("closecast.tar.gz.{}.part", Uuid::now_v7().simple());
        let [ready, doctor] =
            [".closecast-ready-", ".doctor-"].map(|name| format!("{name}{}", Uuid::now_v7().simple()));
        let copy = "closecast.db.before-0.1.0-20260101T000000000Z.part";
        let ours = [&backup, copy, ".closecast-ready-12", ".doctor-7", &ready, &doctor];
        let others = [
            "closecast.db",
            "report.html.part",
            "closecast.tar.gz.0123456789abcdef0123456789abcdef.part",
            "closecast.db.before-0.1.0-20260101T000000000Z",
            ".closecast-ready-",
            ".doctor-house",
        ];
        for name in ours.iter().copied().chain(others) {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let now = DateTime::<Utc>::from(fs::metadata(folder.path().join("closecast.db")).unwrap().modified().unwrap());
        assert!(
            unfinished_files(folder.path(), now + Duration::from_secs(60)).unwrap().is_empty(),
            "it may be at work"
        );
        let found = unfinished_files(folder.path(), now + Duration::from_secs(2 * 3600)).unwrap();
        let mut expected: Vec<_> = ours.iter().map(|name| folder.path().join(name)).collect();
        expected.sort();
        assert_eq!(found, expected);
    }
}
