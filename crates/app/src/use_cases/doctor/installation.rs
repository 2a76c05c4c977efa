//! The machine, the data folder and the database.

use std::{fs, io::Write as _, path::Path};

use closecast_store::StoreError;

use super::Finding;
use crate::{error::AppError, options::ServiceOptions, plural::counted, services::Services};

/// Free space below which somebody should know.
const LITTLE_SPACE: u64 = 100 * 1024 * 1024;

/// Bytes written to see whether the folder can be written.
const PROBE: [u8; 4096] = [0; 4096];

/// Looks at what there is without a database.
pub(super) fn of_the_machine(options: &ServiceOptions) -> Vec<Finding> {
    let schedules: Vec<_> = options.schedules.iter().map(|schedule| schedule.name.as_str()).collect();
    let work = counted(options.worker.jobs, "job");
    let schedules = if schedules.is_empty() { "no schedule".to_owned() } else { schedules.join(", ") };
    let mut findings = vec![
        Finding::ok("processor", closecast_model::instruction_set()),
        Finding::ok("settings", format!("a worker takes {work} at a time; schedules: {schedules}")),
        data_folder(&options.data_dir),
    ];
    findings.extend(super::owners::finding(&options.data_dir));
    findings
}

fn data_folder(folder: &Path) -> Finding {
    let name = "data folder";
    let shown = folder.display();
    if let Err(error) = fs::create_dir_all(folder).and_then(|()| probe(folder)) {
        let remedy = "make room or give access, or choose another with --data-dir or CLOSECAST_DATA_DIR";
        return Finding::error(name, format!("{shown} cannot be written: {error}")).remedy(remedy);
    }
    match free_bytes(folder) {
        Some(free) if free < LITTLE_SPACE => {
            let megabytes = free / (1024 * 1024);
            Finding::warning(name, format!("{shown} can be written, but only {megabytes} MB are free"))
                .remedy("make room before the disk is full: nothing can be stored then")
        }
        _ => Finding::ok(name, format!("{shown} can be written")),
    }
}

/// Writes a file and removes it. Its name is never used twice.
fn probe(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".doctor-{}", uuid::Uuid::now_v7().simple()));
    let written = fs::File::create(&path).and_then(|mut file| {
        file.write_all(&PROBE)?;
        file.sync_all()
    });
    let removed = fs::remove_file(&path);
    written.and(removed)
}

#[cfg(target_os = "linux")]
fn free_bytes(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    Some(space.f_bavail * space.f_frsize)
}

#[cfg(not(target_os = "linux"))]
fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}

/// Returns why nothing else could be looked at.
pub(super) fn unopened(failure: &AppError) -> Finding {
    let name = match failure {
        AppError::Store(StoreError::Folder { .. }) => "data folder",
        AppError::Store(StoreError::Blob(_)) => "artifacts",
        AppError::Store(_) => "database",
        _ => "settings",
    };
    let remedy = match failure {
        AppError::Store(error) if error.is_transient() => "start the database, or check DATABASE_URL; then ask again",
        _ => "nothing else could be looked at: mend this first",
    };
    Finding::error(name, failure.to_string()).remedy(remedy)
}

/// Looks at the database and at what it holds of prices.
pub(super) async fn of_the_store(app: &Services) -> Vec<Finding> {
    let address = app.store.address();
    let database = match app.store.check_ready().await {
        Ok(()) => Finding::ok("database", format!("{address} answers")),
        Err(error @ (StoreError::Busy(_) | StoreError::Full(_))) => {
            Finding::error("database", format!("{address} cannot be written: {error}"))
        }
        Err(error) => Finding::error("database", format!("{address} does not answer: {error}"))
            .remedy("start the database, or check DATABASE_URL"),
    };
    let schema = match app.store.schema().await {
        Ok(schema) if schema.pending == 0 => {
            Finding::ok("schema", format!("up to date after {}", counted(schema.applied, "migration")))
        }
        Ok(schema) => Finding::error("schema", format!("{} waiting", counted(schema.pending, "migration")))
            .remedy("`closecast migrate` brings it up to date"),
        Err(error) => Finding::error("schema", error.to_string())
            .remedy("a newer version of closecast has used this database: use that one"),
    };
    vec![database, schema, prices(app).await]
}

async fn prices(app: &Services) -> Finding {
    let name = "prices";
    let read = async { Ok::<_, StoreError>((app.store.bars().list().await?, app.store.bars().unreadable().await?)) };
    match read.await {
        Err(error) => Finding::error(name, error.to_string()),
        Ok((series, unreadable)) => match unreadable.first() {
            None => Finding::ok(name, counted(series.len(), "symbol")),
            Some(first) => {
                let count = counted(unreadable.len(), "row");
                let said = format!("{}; {count} left out, one of them: {first}", counted(series.len(), "symbol"));
                Finding::warning(name, said)
                    .remedy("no program reads them: delete them from the tables series and bars")
            }
        },
    }
}
