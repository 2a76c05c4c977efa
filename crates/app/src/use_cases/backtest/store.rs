//! Finished parts of a backtest on disk, so that an interrupted one goes on.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use closecast_domain::History;
use closecast_eval::backtest::{Backtest, BacktestError, Fold, FoldStore, Plan, Skipped};

use super::files;
use crate::{bounded_file, error::AppError, use_cases::output_file::OutputFile};

/// A folder for one backtest: its name stands for the days, the prices and the version of the program, so that another
/// backtest never reads from it. One file for each fold and model.
pub(super) struct FolderStore {
    folder: PathBuf,
}

impl FolderStore {
    /// Opens the folder of this backtest; with `restart`, empty.
    pub(super) fn open(
        root: &Path,
        plan: &Plan,
        (histories, also): (&[History], &[History]),
        restart: bool,
    ) -> Result<Self, AppError> {
        let folder = root.join(key(plan, histories, also));
        let refused = |error: std::io::Error| AppError::Usage(format!("{}: {error}", folder.display()));
        if restart && folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(refused)?;
        }
        std::fs::create_dir_all(&folder).map_err(refused)?;
        Ok(Self { folder })
    }

    fn path(&self, fold: &Fold, model: &str) -> PathBuf {
        self.folder.join(format!("{}-{model}.csv", fold.first))
    }
}

fn key(plan: &Plan, histories: &[History], also: &[History]) -> String {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    format!("{plan:?}").hash(&mut hasher);
    for list in [histories, also] {
        list.len().hash(&mut hasher);
        for history in list {
            history.symbol().as_str().hash(&mut hasher);
            for bar in history.bars() {
                bar.date.hash(&mut hasher);
                for value in [bar.open, bar.high, bar.low, bar.close, bar.raw_close, bar.volume] {
                    value.to_bits().hash(&mut hasher);
                }
            }
        }
    }
    format!("{:016x}", hasher.finish())
}

/// Most bytes of a file: a row has about 200, and a fold some hundred thousand rows.
const MOST_BYTES: u64 = 256 << 20;

/// Marks the last line of a complete file.
const END: &str = "end";

impl FoldStore for FolderStore {
    fn load(&self, fold: &Fold, model: &str) -> Result<Option<Backtest>, BacktestError> {
        let path = self.path(fold, model);
        let text = match bounded_file::read_text(&path, MOST_BYTES) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BacktestError::Store(format!("{}: {error}", path.display()))),
        };
        // A file that something else has written to, or cut off, is made again.
        Ok(read(model, fold, &text))
    }

    fn save(&self, fold: &Fold, model: &str, part: &Backtest) -> Result<(), BacktestError> {
        let mut text = String::new();
        for row in &part.rows {
            text.push_str(&format!("{}|{}\n", files::line(row), row.volatility));
        }
        for skipped in &part.skipped {
            text.push_str(&format!("skipped|{}|{}\n", skipped.symbol, skipped.reason.replace(['\n', '\r'], " ")));
        }
        text.push_str(END);
        let written = OutputFile::replace(&self.path(fold, model), text.as_bytes());
        written.map_err(|error| BacktestError::Store(error.to_string()))
    }
}

fn read(model: &str, fold: &Fold, text: &str) -> Option<Backtest> {
    let name: Arc<str> = model.into();
    let mut part = Backtest::default();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == END && lines.peek().is_none() {
            return Some(part);
        }
        if let Some((symbol, reason)) = line.strip_prefix("skipped|").and_then(|rest| rest.split_once('|')) {
            let symbol = symbol.parse().ok()?;
            part.skipped.push(Skipped { model: model.to_owned(), symbol, fold: fold.first, reason: reason.to_owned() });
        } else {
            let (row, volatility) = line.rsplit_once('|')?;
            part.rows.push(files::parse(&name, row, volatility.parse().ok()?)?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use closecast_eval::backtest::BacktestSpec;

    #[test]
    fn a_part_is_read_back_and_a_torn_one_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let history = closecast_testkit::histories::random_walk("AAA", 30, 1);
        let spec = BacktestSpec { test_days: 5, ..BacktestSpec::default() };
        let plan = Plan::new(spec, std::slice::from_ref(&history)).unwrap();
        let open = |restart| FolderStore::open(folder.path(), &plan, (std::slice::from_ref(&history), &[]), restart);
        let (store, fold) = (open(false).unwrap(), plan.folds[0]);
        assert_eq!(store.load(&fold, "naive").unwrap(), None);
        let reason = "too\nshort | really".to_owned();
        let skipped = Skipped { model: "naive".into(), symbol: history.symbol().clone(), fold: fold.first, reason };
        store.save(&fold, "naive", &Backtest { rows: Vec::new(), skipped: vec![skipped] }).unwrap();
        let read = store.load(&fold, "naive").unwrap().unwrap();
        assert_eq!(read.skipped[0].reason, "too short | really");
        let path = store.path(&fold, "naive");
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - END.len()]).unwrap();
        assert_eq!(store.load(&fold, "naive").unwrap(), None);
        std::fs::write(&path, whole).unwrap();
        assert_eq!(open(true).unwrap().load(&fold, "naive").unwrap(), None, "begun from scratch");
    }
}
