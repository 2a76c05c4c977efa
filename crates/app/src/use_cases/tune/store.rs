//! Finished trainings of a search on disk, so that an interrupted one goes on.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use closecast_model::tune::{FoldOutcome, TrialFit, TuneError, TuneStore};

use crate::{bounded_file, error::AppError, use_cases::output_file::OutputFile};

/// A folder for one search, named by its key, with one file for each training.
pub(super) struct FolderStore {
    folder: PathBuf,
}

impl FolderStore {
    /// Opens the folder of the search called `key`; with `restart`, empty.
    pub(super) fn open(root: &Path, key: &str, restart: bool) -> Result<Self, AppError> {
        let folder = root.join(key);
        let refused = |source| AppError::Write { path: folder.display().to_string(), source };
        if restart && folder.exists() {
            fs::remove_dir_all(&folder).map_err(refused)?;
        }
        fs::create_dir_all(&folder).map_err(refused)?;
        Ok(Self { folder })
    }

    fn path(&self, TrialFit { trial, epochs, fold }: TrialFit) -> PathBuf {
        self.folder.join(format!("model-{trial}-epochs-{epochs}-fold-{fold}.json"))
    }
}

/// Most bytes of a file, which has some hundred.
const MOST_BYTES: u64 = 16 << 20;

impl TuneStore for FolderStore {
    fn load(&self, unit: TrialFit) -> Result<Option<FoldOutcome>, TuneError> {
        let path = self.path(unit);
        match bounded_file::read(&path, MOST_BYTES) {
            // A file that something else has written to, or cut off, is made again.
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(TuneError::Store(format!("{}: {error}", path.display()))),
        }
    }

    fn save(&self, unit: TrialFit, outcome: &FoldOutcome) -> Result<(), TuneError> {
        let text = serde_json::to_vec(outcome).map_err(|error| TuneError::Store(error.to_string()))?;
        OutputFile::replace(&self.path(unit), &text).map_err(|error| TuneError::Store(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use closecast_model::tune::FoldScore;

    use super::*;

    #[test]
    fn an_outcome_is_read_back_to_the_bit_and_a_torn_one_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let open = |key, restart| FolderStore::open(folder.path(), key, restart).unwrap();
        let store = open("a", false);
        let unit = |fold| TrialFit { trial: 3, epochs: 17, fold };
        assert_eq!(store.load(unit(0)).unwrap(), None);
        let score =
            FoldScore { forecasts: 7, mae: 0.1 + 0.2, naive_mae: 1.0 / 3.0, epochs_run: 5, best_epoch: 2, ended: true };
        let outcomes = [FoldOutcome::Scored(score), FoldOutcome::Failed("it\ndiverged".to_owned())];
        for (fold, outcome) in outcomes.iter().enumerate() {
            store.save(unit(fold), outcome).unwrap();
            assert_eq!(open("a", false).load(unit(fold)).unwrap().as_ref(), Some(outcome));
        }
        assert_eq!(open("b", false).load(unit(0)).unwrap(), None, "another search has its own");
        let path = store.path(unit(0));
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(store.load(unit(0)).unwrap(), None);
        assert_eq!(open("a", true).load(unit(1)).unwrap(), None, "begun from scratch");
    }
}
