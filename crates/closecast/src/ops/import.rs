//! Bringing a file of prices into the store: all of it, or nothing.

use std::path::PathBuf;

use chrono::NaiveDate;
use closecast_data::import::{self, ImportNote, ImportOptions};
use closecast_domain::{Exchange, History, QualityReport, Symbol};

use crate::{app::App, failure::Failure, ops::history};

/// What a file brought.
pub(crate) struct Imported {
    pub(crate) dialect: String,
    pub(crate) notes: Vec<ImportNote>,
    pub(crate) series: Vec<ImportedSeries>,
}

/// What a file brought of one symbol.
pub(crate) struct ImportedSeries {
    pub(crate) symbol: Symbol,
    pub(crate) first_date: NaiveDate,
    pub(crate) last_date: NaiveDate,
    pub(crate) report: QualityReport,
}

/// Reads `path` whole, checks every series in it, and only then stores them, each in place of what was there.
///
/// # Errors
/// [`Failure::Import`] when the file cannot be read, [`Failure::Usage`] when a series in it has no usable row; nothing is
/// stored then.
pub(crate) async fn import(app: &App, path: PathBuf, options: ImportOptions) -> Result<Imported, Failure> {
    let shown = path.display().to_string();
    let read = tokio::task::spawn_blocking(move || import::read_path(&path, &options)).await;
    let file = read.map_err(|panic| Failure::Internal(panic.to_string()))??;
    let mut series = Vec::with_capacity(file.series.len());
    for delivered in &file.series {
        let today = history::market_day(app, Exchange::of(&delivered.symbol)).today;
        let (history, report) = History::check(delivered.clone(), Some(today))
            .map_err(|error| Failure::Usage(format!("{shown}: {error}; nothing was imported")))?;
        series.push(ImportedSeries {
            symbol: delivered.symbol.clone(),
            first_date: history.bars()[0].date,
            last_date: history.last().date,
            report,
        });
    }
    for delivered in &file.series {
        app.store.bars().replace(delivered, app.clock.now()).await?;
    }
    Ok(Imported { dialect: file.dialect.name().to_owned(), notes: file.notes, series })
}
