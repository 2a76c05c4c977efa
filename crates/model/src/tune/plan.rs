//! The search itself, rung by rung.

use std::sync::atomic::AtomicU64;

use closecast_domain::{Cancel, DateRange, History};
use sha2::{Digest, Sha256};

use super::{
    TuneError, TuneProgress, TuneStep, TuneStore, Unit,
    folds::Ground,
    halving::{rung_epochs, rung_trials, survivors},
    rung::Workshop,
    score::FoldOutcome,
    space::CheckedSpace,
    trial::{Rung, Trial, TrialScore, Tuning},
};
use crate::{
    CheckedSpec, SpecError,
    fingerprint::{fingerprint, hex},
};

/// Most models of a search.
const MOST_TRIALS: usize = 10_000;

/// What is searched, and how long.
#[derive(Clone, Debug, PartialEq)]
pub struct TuneSpec {
    /// The models.
    pub space: CheckedSpace,
    /// How many of them are tried, 1 to 10,000; fewer where the space has no more.
    pub trials: usize,
    /// Seed of the proposals, and of weights, shuffling and dropout in every training.
    pub seed: u64,
}

/// A search that is ready to run: the models to try, and the days they are tried on. The test days are not in it.
#[derive(Clone, Debug)]
pub struct TunePlan {
    ground: Ground,
    specs: Vec<CheckedSpec>,
    rungs: Vec<usize>,
    key: String,
}

impl TunePlan {
    /// Cuts the test days off `history`, the rest into folds, and draws the models.
    ///
    /// # Errors
    /// [`TuneError::TooShort`], or [`TuneError::Spec`] for a number of trials out of range.
    pub fn new(spec: &TuneSpec, history: &History) -> Result<Self, TuneError> {
        if !(1..=MOST_TRIALS).contains(&spec.trials) {
            let (value, allowed) = (spec.trials.to_string(), format!("from 1 to {MOST_TRIALS}"));
            return Err(SpecError { field: "trials", value, allowed }.into());
        }
        let ground = Ground::new(&spec.space, history)?;
        let specs = spec.space.proposals(spec.seed, spec.trials)?;
        let rungs = rung_epochs(specs.len(), spec.space.space().epochs);
        let key = key(spec, &ground);
        Ok(Self { ground, specs, rungs, key })
    }

    /// Returns a name for everything that the outcome of a training depends on: prices, space, seed and version of the program,
    /// but not the number of trials, so that a longer search goes on from a shorter one.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the number of models that will be tried.
    #[must_use]
    pub fn trials(&self) -> usize {
        self.specs.len()
    }

    /// Searches on `threads` threads, each model on one. The result does not depend on their number, nor on how often the search
    /// was interrupted and went on from `store`.
    ///
    /// # Errors
    /// [`TuneError`] when no model can be trained, the work is cancelled, or `store` fails.
    pub fn run(
        &self,
        threads: usize,
        store: &dyn TuneStore,
        cancel: &Cancel,
        progress: &dyn TuneProgress,
    ) -> Result<Tuning, TuneError> {
        let folds = &self.ground.folds;
        let most = rung_trials(self.specs.len(), self.rungs.len());
        let all = self.rungs.iter().zip(&most).map(|(epochs, trials)| (epochs * trials * folds.len()) as u64).sum();
        let done = AtomicU64::new(0);
        let workshop =
            Workshop { specs: &self.specs, folds, threads: threads.max(1), store, cancel, progress, done, all };
        let untried = |(number, spec): (usize, &CheckedSpec)| Trial {
            number,
            spec: spec.spec().clone(),
            rung: 0,
            score: Err("not tried".to_owned()),
        };
        let mut trials: Vec<Trial> = self.specs.iter().enumerate().map(untried).collect();
        let mut going: Vec<usize> = (0..trials.len()).collect();
        let mut rungs = Vec::new();
        for (rung, &epochs) in self.rungs.iter().enumerate() {
            if rung > 0 {
                let losses: Vec<(usize, f64)> = going.iter().map(|&number| (number, trials[number].loss())).collect();
                going = survivors(&losses);
            }
            if going.is_empty() {
                break;
            }
            rungs.push(Rung { epochs, trials: going.len() });
            self.climb(&workshop, (rung, epochs), &going, &mut trials)?;
            let best = going.iter().map(|&number| trials[number].loss()).fold(f64::INFINITY, f64::min);
            progress.report(TuneStep::Best { relative_mae: best });
        }
        let best = best_of(&going, &trials).ok_or_else(|| no_model(&trials))?;
        let bars = self.ground.known.bars();
        Ok(Tuning {
            best,
            rungs,
            scored: folds.iter().map(super::folds::Fold::days).collect(),
            known: DateRange { start: bars[0].date, end: self.ground.known.last().date },
            held_out: self.ground.held_out,
            trials,
        })
    }

    /// Trains the models that are `going` for `epochs` epochs. Those whose training had ended before keep their score.
    fn climb(
        &self,
        workshop: &Workshop<'_>,
        (rung, epochs): (usize, usize),
        going: &[usize],
        trials: &mut [Trial],
    ) -> Result<(), TuneError> {
        let folds = self.ground.folds.len();
        let units_of = |trial: usize| (0..folds).map(move |fold| Unit { trial, epochs, fold });
        let ended = |number: &usize| trials[*number].score.as_ref().is_ok_and(TrialScore::ended);
        let (finished, unfinished): (Vec<usize>, Vec<usize>) = going.iter().partition(|number| ended(number));
        let units: Vec<Unit> = unfinished.iter().copied().flat_map(units_of).collect();
        let mut outcomes = workshop.kept(&units)?;
        workshop.count(((outcomes.len() + finished.len() * folds) * epochs) as u64);
        let missing: Vec<Unit> = units.into_iter().filter(|unit| !outcomes.contains_key(unit)).collect();
        let (rungs, all) = (self.rungs.len(), going.len());
        workshop.progress.report(TuneStep::Rung { rung: rung + 1, rungs, trials: all, epochs });
        outcomes.extend(workshop.run(&missing)?);
        for &number in going {
            trials[number].rung = rung;
        }
        for number in unfinished {
            let of_trial: Vec<FoldOutcome> = units_of(number).filter_map(|unit| outcomes.remove(&unit)).collect();
            trials[number].score = TrialScore::of(&of_trial);
        }
        Ok(())
    }
}

/// Returns the model with the smallest finite error of those that are `going`; of equal ones the first.
fn best_of(going: &[usize], trials: &[Trial]) -> Option<usize> {
    let scored = going.iter().copied().filter(|&number| trials[number].loss().is_finite());
    scored.min_by(|&a, &b| trials[a].loss().total_cmp(&trials[b].loss()))
}

fn no_model(trials: &[Trial]) -> TuneError {
    let reason = trials.iter().find_map(|trial| trial.score.as_ref().err().cloned()).unwrap_or_default();
    TuneError::NoModel { trials: trials.len(), reason }
}

fn key(spec: &TuneSpec, ground: &Ground) -> String {
    let mut hash = Sha256::new();
    let parts = [
        env!("CARGO_PKG_VERSION").to_owned(),
        fingerprint(&ground.known),
        format!("{:?}", spec.space),
        spec.seed.to_string(),
    ];
    hash.update(parts.join("\n"));
    hex(&hash.finalize())[..16].to_owned()
}
