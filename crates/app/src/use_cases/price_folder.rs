//! A folder of price files, one symbol each.

use std::path::Path;

use closecast_data::import::{self, ImportOptions, symbol_from_file_name};
use closecast_domain::History;

use crate::error::AppError;

/// Reads every price file of a folder; the file's name is the symbol. One that cannot be read ends the work: a backtest on
/// whatever happened to be readable would not be the one asked for.
pub fn read(folder: &Path) -> Result<Vec<History>, AppError> {
    let refused = |error: std::io::Error| AppError::Usage(format!("{}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(AppError::Usage(format!("{} holds no .csv file", folder.display())));
    }
    let mut histories = Vec::with_capacity(paths.len());
    for path in paths.iter().filter(|path| path.file_stem().is_none_or(|stem| stem != "MANIFEST")) {
        let options = ImportOptions { fallback_symbol: symbol_from_file_name(path), ..ImportOptions::default() };
        for series in import::read_path(path, &options)?.series {
            let (history, _report) = History::check(series, None)
                .map_err(|error| AppError::Usage(format!("{}: {error}", path.display())))?;
            histories.push(history);
        }
    }
    histories.sort_by(|a, b| a.symbol().cmp(b.symbol()));
    match histories.windows(2).find(|pair| pair[0].symbol() == pair[1].symbol()) {
        Some(pair) => {
            let symbol = pair[0].symbol();
            Err(AppError::Usage(format!("{} holds {symbol} twice: keep one file a symbol", folder.display())))
        }
        None => Ok(histories),
    }
}
