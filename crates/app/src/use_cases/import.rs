//! Bringing a file of prices into the store: all of it, or nothing.

use std::{io::Read, path::PathBuf};

use chrono::NaiveDate;
use closecast_data::import::{self, FileError, Import, ImportError, ImportNote, ImportOptions};
use closecast_domain::{Exchange, History, QualityReport, RawSeries, Symbol};
use closecast_store::SeriesInfo;

use crate::{
    error::AppError,
    services::Services,
    use_cases::{history, settle::settle_of},
};

/// What a file brought.
pub struct Imported {
    /// Dialect of the file.
    pub dialect: String,
    /// What the parser assumed or left out.
    pub notes: Vec<ImportNote>,
    /// One entry a symbol.
    pub series: Vec<ImportedSeries>,
}

/// What a file brought of one symbol.
pub struct ImportedSeries {
    /// The symbol.
    pub symbol: Symbol,
    /// First session.
    pub first_date: NaiveDate,
    /// Last session.
    pub last_date: NaiveDate,
    /// What the check found.
    pub report: QualityReport,
    /// What was stored of the symbol before, and is replaced.
    pub replaced: Option<SeriesInfo>,
}

/// What becomes of stored days that a file does not cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoredDays {
    /// A file that lacks some of them is refused.
    Keep,
    /// They are discarded.
    Discard,
}

/// Reads the file at `path` whole, checks every series in it, and only then stores them, each in place of what was there.
///
/// # Errors
/// [`AppError::Import`] when the file cannot be read, [`AppError::Usage`] when a series in it has no usable row; nothing is
/// stored then. [`AppError::Shorter`] when days that are stored would be lost and `days` keeps them.
pub async fn import(
    app: &Services,
    path: PathBuf,
    options: ImportOptions,
    days: StoredDays,
) -> Result<Imported, AppError> {
    let shown = path.display().to_string();
    // A command has the memory of its process for itself.
    let (options, memory) = within_memory(app, options, app.memory.import_rows_alone);
    let read = tokio::task::spawn_blocking(move || import::read_path(&path, &options)).await;
    let file = read.map_err(|panic| AppError::Internal(panic.to_string()))?;
    let file = file.map_err(|error| FileError { reason: Box::new(memory.explain(*error.reason)), ..error })?;
    store(app, (file, ()), &shown, days).await
}

/// The same with what was sent instead of a file of this machine. `place` is let go when the last of it is out of memory, also when
/// nobody waits for that any more.
///
/// # Errors
/// [`AppError::Stream`] when it cannot be read, [`AppError::Busy`] when too many wait for their turn, else as for [`import()`].
pub async fn import_sent(
    app: &Services,
    sent: impl Read + Send + 'static,
    place: impl Send + 'static,
    options: ImportOptions,
    days: StoredDays,
) -> Result<Imported, AppError> {
    let turn = app.imports.enter().await?;
    let place = (place, turn);
    let (options, memory) = within_memory(app, options, app.memory.import_rows);
    // Kept by whoever has the bars: the thread that reads them, the one that checks them, then the one that stores them.
    let work = move || import::read(sent, &options).map(|file| (file, place));
    let read = tokio::task::spawn_blocking(work).await;
    let file = read.map_err(|panic| AppError::Internal(panic.to_string()))?;
    let file = file.map_err(|error| AppError::Stream(memory.explain(error)))?;
    store(app, file, "the file", days).await
}

/// The limit of rows that follows from the memory; `None` where another limit is lower.
#[derive(Clone, Copy, Debug)]
struct MemoryLimit {
    rows: Option<usize>,
    available: u64,
}

/// Returns the options with as many rows as there is memory for, which are `rows`, and that limit.
fn within_memory(app: &Services, mut options: ImportOptions, rows: usize) -> (ImportOptions, MemoryLimit) {
    let limit = (rows < options.limits.rows).then_some(rows);
    options.limits.rows = options.limits.rows.min(rows);
    (options, MemoryLimit { rows: limit, available: app.memory.available })
}

impl MemoryLimit {
    /// Returns the error with the memory as its reason, where the file has more rows than there is memory for.
    fn explain(self, error: ImportError) -> ImportError {
        match error {
            ImportError::TooManyRows { limit } if self.rows == Some(limit) => {
                ImportError::NotEnoughMemory { limit, megabytes: self.available / 1_000_000 }
            }
            error => error,
        }
    }
}

/// First and last day.
type Dates = (NaiveDate, NaiveDate);

async fn store(
    app: &Services,
    (file, place): (Import, impl Send + 'static),
    shown: &str,
    days: StoredDays,
) -> Result<Imported, AppError> {
    let (all, shown) = (app.clone(), shown.to_owned());
    // Thousands of series keep a core busy for seconds.
    let work = move || check(&all, &file, &shown).map(|checked| (file, checked, place));
    let checking = tokio::task::spawn_blocking(work);
    let (file, checked, _place) = checking.await.map_err(|panic| AppError::Internal(panic.to_string()))??;
    let now = app.clock.now();
    let may_replace = |at: usize, stored: Option<&SeriesInfo>| {
        // As the store counts days, so that the same file can be imported twice.
        let (delivered, (checked, _report)) = (&file.series[at], &checked[at]);
        let offered = delivered.days_with_close(now.date_naive()).unwrap_or(*checked);
        stored.map_or(Ok(()), |stored| days.expect_kept(&delivered.symbol, offered, stored))
    };
    let before = app.store.bars().replace_if(&file.series, now, may_replace).await?;
    settle_of(app, &file.series.iter().map(|series| &series.symbol).collect::<Vec<_>>()).await;
    let imported = file.series.into_iter().zip(checked).zip(before);
    let series = imported.map(|((delivered, ((first_date, last_date), report)), replaced)| ImportedSeries {
        symbol: delivered.symbol,
        first_date,
        last_date,
        report,
        replaced,
    });
    Ok(Imported { dialect: file.dialect.name().to_owned(), notes: file.notes, series: series.collect() })
}

/// Checks every series of a file.
fn check(app: &Services, file: &Import, shown: &str) -> Result<Vec<(Dates, QualityReport)>, AppError> {
    let one = |delivered: &RawSeries| {
        let today = history::market_day(app, Exchange::of(&delivered.symbol)).today;
        let (history, report) = History::check(delivered.clone(), Some(today))
            .map_err(|error| AppError::Usage(format!("{shown}: {error}; nothing was imported")))?;
        Ok(((history.bars()[0].date, history.last().date), report))
    };
    file.series.iter().map(one).collect()
}

impl StoredDays {
    /// Refuses a file that lacks days that are to be kept.
    fn expect_kept(self, symbol: &Symbol, offered: Dates, stored: &SeriesInfo) -> Result<(), AppError> {
        let stored = (stored.first_date, stored.last_date);
        if self == Self::Keep && (stored.0 < offered.0 || stored.1 > offered.1) {
            return Err(AppError::Shorter { symbol: symbol.clone(), offered, stored });
        }
        Ok(())
    }
}
