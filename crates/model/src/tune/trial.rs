//! What a search found.

use closecast_domain::DateRange;

use super::score::{FoldOutcome, FoldScore};
use crate::ModelSpec;

/// The error of a model over all folds.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialScore {
    /// Mean over the folds of the error relative to naive's: below 1 is better than naive.
    pub relative_mae: f64,
    /// By fold, the earliest first.
    pub folds: Vec<FoldScore>,
}

impl TrialScore {
    /// Returns the score of all folds together.
    ///
    /// # Errors
    /// The reason of the first fold on which the model could not be trained.
    pub(super) fn of(outcomes: &[FoldOutcome]) -> Result<Self, String> {
        let fold = |outcome: &FoldOutcome| match outcome {
            FoldOutcome::Scored(score) => Ok(*score),
            FoldOutcome::Failed(reason) => Err(reason.clone()),
        };
        let folds = outcomes.iter().map(fold).collect::<Result<Vec<_>, _>>()?;
        let sum: f64 = folds.iter().map(FoldScore::relative_mae).sum();
        Ok(Self { relative_mae: sum / folds.len() as f64, folds })
    }

    /// Returns whether training had ended by itself on every fold.
    pub(super) fn ended(&self) -> bool {
        self.folds.iter().all(|fold| fold.ended)
    }

    /// Returns the mean absolute error over all folds, in the price's currency, and naive's.
    #[must_use]
    pub fn mae(&self) -> (f64, f64) {
        let forecasts: f64 = self.folds.iter().map(|fold| fold.forecasts as f64).sum();
        let mean = |error: fn(&FoldScore) -> f64| {
            self.folds.iter().map(|fold| fold.forecasts as f64 * error(fold)).sum::<f64>() / forecasts
        };
        (mean(|fold| fold.mae), mean(|fold| fold.naive_mae))
    }
}

/// One model that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number, from 0; 0 is the untuned model.
    pub number: usize,
    /// What was trained.
    pub spec: ModelSpec,
    /// The last rung it was trained on, from 0.
    pub rung: usize,
    /// Its score there, or why it has none.
    pub score: Result<TrialScore, String>,
}

impl Trial {
    /// Returns its mean error relative to naive's, infinite where it has none.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.score.as_ref().map_or(f64::INFINITY, |score| score.relative_mae)
    }
}

/// Models trained for the same number of epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Epochs of each on every fold, at most.
    pub epochs: usize,
    /// Models trained.
    pub trials: usize,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// Every model tried, by number.
    pub trials: Vec<Trial>,
    /// Number of the best of those that were seen through to the end.
    pub best: usize,
    /// The rungs, the one of the fewest epochs first.
    pub rungs: Vec<Rung>,
    /// The days that each fold was scored on.
    pub scored: Vec<DateRange>,
    /// The days that the search saw.
    pub known: DateRange,
    /// The days it did not see.
    pub held_out: DateRange,
}

impl Tuning {
    /// Returns the best model.
    #[must_use]
    pub fn best(&self) -> &Trial {
        &self.trials[self.best]
    }

    /// Returns the default model, with what the space fixes.
    #[must_use]
    pub fn untuned(&self) -> &Trial {
        &self.trials[0]
    }

    /// Returns the models in order: those that came farther first, and of the same rung the better ones.
    #[must_use]
    pub fn ranked(&self) -> Vec<&Trial> {
        let mut trials: Vec<&Trial> = self.trials.iter().collect();
        trials.sort_by(|a, b| b.rung.cmp(&a.rung).then(a.loss().total_cmp(&b.loss())).then(a.number.cmp(&b.number)));
        trials
    }
}
