//! The search, rung by rung.

use std::sync::atomic::AtomicU64;

use closecast_domain::{Cancel, DateRange, History};
use sha2::{Digest, Sha256};

use super::{
    error::TuneError,
    folds::SearchData,
    halving::{rung_epochs, rung_trials, survivors},
    progress::{TuneProgress, TuneStep},
    rung::TrialRunner,
    score::FoldOutcome,
    space::CheckedSpace,
    store::{TrialFit, TuneStore},
    trial::{Rung, Trial, TrialScore, Tuning},
};
use crate::{
    CheckedSpec, SpecError,
    fingerprint::{fingerprint, hex},
};

/// Maximum number of trials.
const MAX_TRIALS: usize = 10_000;

/// Specification of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct TuneSpec {
    /// Search space.
    pub space: CheckedSpace,
    /// Number of trials, 1 to 10,000; fewer if the space has fewer models.
    pub trials: usize,
    /// Seed for proposals, weights, shuffling and dropout.
    pub seed: u64,
}

/// A search that is ready to run: trials and folds, without the test days.
#[derive(Clone, Debug)]
pub struct TunePlan {
    data: SearchData,
    specs: Vec<CheckedSpec>,
    rungs: Vec<usize>,
    key: String,
}

impl TunePlan {
    /// Removes the test days from `history`, splits the rest into folds, and draws the trials.
    ///
    /// # Errors
    /// [`TuneError::TooShort`], or [`TuneError::Spec`] for a number of trials out of range.
    pub fn new(spec: &TuneSpec, history: &History) -> Result<Self, TuneError> {
        if !(1..=MAX_TRIALS).contains(&spec.trials) {
            let (value, allowed) = (spec.trials.to_string(), format!("from 1 to {MAX_TRIALS}"));
            return Err(SpecError { field: "trials", value, allowed }.into());
        }
        let data = SearchData::new(&spec.space, history)?;
        let specs = spec.space.proposals(spec.seed, spec.trials)?;
        let rungs = rung_epochs(specs.len(), spec.space.space().epochs);
        let key = key(spec, &data);
        Ok(Self { data, specs, rungs, key })
    }

    /// Returns a hash of everything that the outcome of a training depends on: prices, space, seed and version of the program,
    /// but not the number of trials, so that a search with more trials reuses the outcomes of a shorter one.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the number of trials.
    #[must_use]
    pub fn trials(&self) -> usize {
        self.specs.len()
    }

    /// Runs the search on `threads` threads, one trial per thread. The result depends neither on their number nor on
    /// interruptions, after which a search resumes from `store`.
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
        let folds = &self.data.folds;
        let most = rung_trials(self.specs.len(), self.rungs.len());
        let all = self.rungs.iter().zip(&most).map(|(epochs, trials)| (epochs * trials * folds.len()) as u64).sum();
        let done = AtomicU64::new(0);
        let runner =
            TrialRunner { specs: &self.specs, folds, threads: threads.max(1), store, cancel, progress, done, all };
        let untried = |(number, spec): (usize, &CheckedSpec)| Trial {
            number,
            spec: spec.spec().clone(),
            rung: 0,
            score: Err("not tried".to_owned()),
        };
        let mut trials: Vec<Trial> = self.specs.iter().enumerate().map(untried).collect();
        let mut remaining: Vec<usize> = (0..trials.len()).collect();
        let mut rungs = Vec::new();
        for (rung, &epochs) in self.rungs.iter().enumerate() {
            if rung > 0 {
                let losses: Vec<(usize, f64)> =
                    remaining.iter().map(|&number| (number, trials[number].loss())).collect();
                remaining = survivors(&losses);
            }
            if remaining.is_empty() {
                break;
            }
            rungs.push(Rung { epochs, trials: remaining.len() });
            self.run_rung(&runner, (rung, epochs), &remaining, &mut trials)?;
            let best = remaining.iter().map(|&number| trials[number].loss()).fold(f64::INFINITY, f64::min);
            progress.report(TuneStep::Best { relative_mae: best });
        }
        let best = best_of(&remaining, &trials).ok_or_else(|| no_model(&trials))?;
        let bars = self.data.known.bars();
        Ok(Tuning {
            best,
            rungs,
            scored: folds.iter().map(super::folds::Fold::days).collect(),
            known: DateRange { start: bars[0].date, end: self.data.known.last().date },
            held_out: self.data.held_out,
            trials,
        })
    }

    /// Trains the `remaining` trials for `epochs` epochs. Trials whose training stopped early keep their score.
    fn run_rung(
        &self,
        runner: &TrialRunner<'_>,
        (rung, epochs): (usize, usize),
        remaining: &[usize],
        trials: &mut [Trial],
    ) -> Result<(), TuneError> {
        let folds = self.data.folds.len();
        let fits_of = |trial: usize| (0..folds).map(move |fold| TrialFit { trial, epochs, fold });
        let ended = |number: &usize| trials[*number].score.as_ref().is_ok_and(TrialScore::ended);
        let (finished, unfinished): (Vec<usize>, Vec<usize>) = remaining.iter().partition(|number| ended(number));
        let fits: Vec<TrialFit> = unfinished.iter().copied().flat_map(fits_of).collect();
        let mut outcomes = runner.load_finished(&fits)?;
        runner.add_epochs(((outcomes.len() + finished.len() * folds) * epochs) as u64);
        let missing: Vec<TrialFit> = fits.into_iter().filter(|fit| !outcomes.contains_key(fit)).collect();
        let (rungs, all) = (self.rungs.len(), remaining.len());
        runner.progress.report(TuneStep::Rung { rung: rung + 1, rungs, trials: all, epochs });
        outcomes.extend(runner.run(&missing)?);
        for &number in remaining {
            trials[number].rung = rung;
        }
        for number in unfinished {
            let of_trial: Vec<FoldOutcome> = fits_of(number).filter_map(|fit| outcomes.remove(&fit)).collect();
            trials[number].score = TrialScore::of(&of_trial);
        }
        Ok(())
    }
}

/// Returns the `remaining` trial with the smallest finite error; ties are broken by order.
fn best_of(remaining: &[usize], trials: &[Trial]) -> Option<usize> {
    let scored = remaining.iter().copied().filter(|&number| trials[number].loss().is_finite());
    scored.min_by(|&a, &b| trials[a].loss().total_cmp(&trials[b].loss()))
}

fn no_model(trials: &[Trial]) -> TuneError {
    let reason = trials.iter().find_map(|trial| trial.score.as_ref().err().cloned()).unwrap_or_default();
    TuneError::NoModel { trials: trials.len(), reason }
}

fn key(spec: &TuneSpec, data: &SearchData) -> String {
    let mut hash = Sha256::new();
    let parts = [
        env!("CARGO_PKG_VERSION").to_owned(),
        fingerprint(&data.known),
        format!("{:?}", spec.space),
        spec.seed.to_string(),
    ];
    hash.update(parts.join("\n"));
    hex(&hash.finalize())[..16].to_owned()
}
