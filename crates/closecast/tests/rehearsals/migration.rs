//! A migration that is killed: the database opens afterwards, with all that was in it. `bench/hardening/kill_migrations.py` does it
//! more often, and on PostgreSQL.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use closecast_testkit::random::SplitMix64;

use crate::{
    command::command,
    mounts::{has_own_mounts, mount, run_with_own_mounts},
    site::tell,
};

const SEED: u64 = 20_261_129;

/// Kills of each kind.
const KILLS: u32 = 20;

/// Bars of the database that is upgraded.
const BARS: usize = 14_003;

/// Makes a database of the first version with that many bars.
const FIRST_VERSION: &str = "
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute('PRAGMA journal_mode = WAL')
statements = [line for line in open(sys.argv[2]) if not line.startswith('--')]
for statement in statements[:8]:
    database.execute(statement)
rows = ((n, n, n, n, n) for n in range(int(sys.argv[3])))
database.executemany(\"INSERT INTO bars VALUES ('AAPL', ?, date('1970-01-01', '+' || ? || ' days'), ?, ?, ?, 1, NULL, 5, 0, 1, 0)\", rows)
database.execute(\"INSERT INTO series VALUES ('AAPL', 'split_adjusted', 'USD', 'test', '2026-01-01 00:00:00+00:00', '1970-01-01', '2008-05-04', ?)\", sys.argv[3:4])
database.commit()
";

/// Prints how many bars there are, and whether the file is sound.
const LOOK: &str = "
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute('SELECT COUNT(*) FROM bars').fetchone()[0], database.execute('PRAGMA integrity_check').fetchone()[0])
";

fn python(script: &str, arguments: &[&str]) -> String {
    let output = Command::new("python3").args(["-c", script]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn make_first_version(file: &Path) {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/fixtures/schema_0_1_0.sql");
    python(FIRST_VERSION, &[file.to_str().unwrap(), fixture, &BARS.to_string()]);
}

/// Begins with what `prepare` makes of the data folder, kills a migration after so long, and looks whether the database opens.
fn kill_and_open(folder: &Path, after: Duration, prepare: impl Fn(&Path), bars: usize) {
    let data = folder.join("data");
    _ = std::fs::remove_dir_all(&data);
    std::fs::create_dir(&data).unwrap();
    prepare(&data);
    let mut migration = command(folder).arg("migrate").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    migration.kill().unwrap();
    migration.wait().unwrap();
    let opened = command(folder).args(["keys", "list"]).output().unwrap();
    assert!(opened.status.success(), "killed after {after:?}: {}", String::from_utf8_lossy(&opened.stderr));
    let file = data.join("closecast.db");
    assert_eq!(python(LOOK, &[file.to_str().unwrap()]), format!("{bars} ok"), "killed after {after:?}");
}

/// Returns how long an undisturbed migration takes.
fn undisturbed(folder: &Path, prepare: impl Fn(&Path)) -> Duration {
    let data = folder.join("data");
    std::fs::create_dir(&data).unwrap();
    prepare(&data);
    let begun = Instant::now();
    assert!(command(folder).arg("migrate").output().unwrap().status.success());
    begun.elapsed()
}

fn kill_often(prepare: impl Fn(&Path), bars: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut random = SplitMix64::new(SEED);
    let length = undisturbed(folder.path(), &prepare);
    tell(&format!("seed {SEED}: {KILLS} kills within {length:?}"));
    for _ in 0..KILLS {
        kill_and_open(folder.path(), length.mul_f64(random.uniform()), &prepare, bars);
    }
}

#[test]
fn fresh_database_opens_after_a_killed_migration() {
    kill_often(|_| {}, 0);
}

#[test]
fn database_of_the_first_version_opens_after_a_killed_upgrade() {
    let template = tempfile::tempdir().unwrap();
    let file = template.path().join("closecast.db");
    make_first_version(&file);
    kill_often(|data| _ = std::fs::copy(&file, data.join("closecast.db")).unwrap(), BARS);
}

#[test]
fn upgrade_on_a_full_disk_changes_nothing_and_says_so() {
    if !has_own_mounts() {
        return run_with_own_mounts("migration::upgrade_on_a_full_disk_changes_nothing_and_says_so");
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    mount(&["-t", "tmpfs", "-o", "size=8m", "none"], &data);
    let file = data.join("closecast.db");
    make_first_version(&file);
    let schema =
        "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT sql FROM sqlite_master').fetchall())";
    let before = python(schema, &[file.to_str().unwrap()]);
    let size = std::fs::metadata(&file).unwrap().len();
    // No room for anything, for a part of the copy, and for the copy but not for the schema.
    for free in [0, 128 << 10, size + (24 << 10)] {
        let ballast = data.join("ballast");
        let room = python(
            "import os, sys; s = os.statvfs(sys.argv[1]); print(s.f_bavail * s.f_frsize)",
            &[data.to_str().unwrap()],
        );
        let taken = room.parse::<u64>().unwrap() - free;
        python(
            "import os, sys; os.posix_fallocate(os.open(sys.argv[1], os.O_CREAT | os.O_RDWR), 0, int(sys.argv[2]))",
            &[ballast.to_str().unwrap(), &taken.to_string()],
        );
        let refused = command(folder.path()).arg("migrate").output().unwrap();
        let printed = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && printed.contains("othing was changed"), "{free} bytes free: {printed}");
        assert!(printed.contains("free some space"), "{free} bytes free: {printed}");
        std::fs::remove_file(&ballast).unwrap();
        assert_eq!(python(schema, &[file.to_str().unwrap()]), before, "{free} bytes free");
        let left: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().contains(".before-")), "{free} bytes free: {left:?}");
    }
    assert!(command(folder.path()).arg("migrate").output().unwrap().status.success());
    assert_eq!(python(LOOK, &[file.to_str().unwrap()]), format!("{BARS} ok"));
}
