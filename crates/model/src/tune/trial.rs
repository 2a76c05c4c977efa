//! Results of a search.

use closecast_domain::DateRange;

use super::score::{FoldOutcome, FoldScore};
use crate::ModelSpec;

/// Error of a model over all folds.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialScore {
    /// Mean over the folds of the error relative to the naive forecast: below 1 is better than naive.
    pub relative_mae: f64,
    /// Scores by fold, earliest first.
    pub folds: Vec<FoldScore>,
}

impl TrialScore {
    /// Combines the outcomes of all folds.
    ///
    /// # Errors
    /// The reason of the first fold whose training failed.
    pub(super) fn of(outcomes: &[FoldOutcome]) -> Result<Self, String> {
        let fold = |outcome: &FoldOutcome| match outcome {
            FoldOutcome::Scored(score) => Ok(*score),
            FoldOutcome::Failed(reason) => Err(reason.clone()),
        };
        let folds = outcomes.iter().map(fold).collect::<Result<Vec<_>, _>>()?;
        let sum: f64 = folds.iter().map(FoldScore::relative_mae).sum();
        Ok(Self { relative_mae: sum / folds.len() as f64, folds })
    }

    /// Returns whether training stopped early on every fold.
    pub(super) fn ended(&self) -> bool {
        self.folds.iter().all(|fold| fold.ended)
    }

    /// Returns the mean absolute errors over all folds of the model and of the naive forecast, in the currency of the prices.
    #[must_use]
    pub fn mae(&self) -> (f64, f64) {
        let forecasts: f64 = self.folds.iter().map(|fold| fold.forecasts as f64).sum();
        let mean = |error: fn(&FoldScore) -> f64| {
            self.folds.iter().map(|fold| fold.forecasts as f64 * error(fold)).sum::<f64>() / forecasts
        };
        (mean(|fold| fold.mae), mean(|fold| fold.naive_mae))
    }
}

/// One trial of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Number, from 0; 0 is the untuned model.
    pub number: usize,
    /// Spec of the model.
    pub spec: ModelSpec,
    /// Last rung reached, from 0.
    pub rung: usize,
    /// Score in that rung, or the reason of the failure.
    pub score: Result<TrialScore, String>,
}

impl Trial {
    /// Returns the mean relative error; infinite without a score.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.score.as_ref().map_or(f64::INFINITY, |score| score.relative_mae)
    }
}

/// Models trained for the same number of epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Maximum epochs of each model on every fold.
    pub epochs: usize,
    /// Models trained.
    pub trials: usize,
}

/// Result of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuning {
    /// All trials, by number.
    pub trials: Vec<Trial>,
    /// Number of the best trial of the last rung.
    pub best: usize,
    /// Rungs, fewest epochs first.
    pub rungs: Vec<Rung>,
    /// Scored days of each fold.
    pub scored: Vec<DateRange>,
    /// Days available to the search.
    pub known: DateRange,
    /// Held-out days.
    pub held_out: DateRange,
}

impl Tuning {
    /// Returns the best trial.
    #[must_use]
    pub fn best(&self) -> &Trial {
        &self.trials[self.best]
    }

    /// Returns the trial of the untuned model.
    #[must_use]
    pub fn untuned(&self) -> &Trial {
        &self.trials[0]
    }

    /// Returns the trials ranked by rung reached, then by error.
    #[must_use]
    pub fn ranked(&self) -> Vec<&Trial> {
        let mut trials: Vec<&Trial> = self.trials.iter().collect();
        trials.sort_by(|a, b| b.rung.cmp(&a.rung).then(a.loss().total_cmp(&b.loss())).then(a.number.cmp(&b.number)));
        trials
    }
}
