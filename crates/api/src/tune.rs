//! A search as machines read it.

use closecast_domain::{DateRange, Symbol};
use closecast_model::tune::{FoldScore, Rung, Trial, TrialScore, Tuning};
use serde::Serialize;

use closecast_app::model_spec::PartialSpec;

/// A search. Ratios are errors relative to naive's; below 1 is better.
#[derive(Serialize)]
pub struct TuningView {
    symbol: Symbol,
    seed: u64,
    /// Sessions that the search saw.
    known: DateRange,
    /// Sessions scored, by fold.
    scored: Vec<DateRange>,
    /// Sessions that it did not see.
    held_out: DateRange,
    /// How many models were trained for how long.
    rungs: Vec<RungView>,
    /// Models tried.
    tried: usize,
    /// Those of them that could not be trained.
    failed: usize,
    best: TrialView,
    default: TrialView,
    beats_naive: bool,
    beats_default: bool,
    /// Every model, those that came farthest first, and of these the better ones.
    trials: Vec<TrialView>,
}

#[derive(Serialize)]
struct RungView {
    epochs: usize,
    models: usize,
}

#[derive(Serialize)]
struct TrialView {
    number: usize,
    /// Epochs it was trained for at most.
    epochs: usize,
    relative_mae: Option<f64>,
    mae: Option<f64>,
    naive_mae: Option<f64>,
    folds: Vec<FoldView>,
    /// Why it has no score.
    failure: Option<String>,
    spec: PartialSpec,
}

#[derive(Serialize)]
struct FoldView {
    forecasts: usize,
    relative_mae: f64,
    mae: f64,
    naive_mae: f64,
    epochs_run: usize,
    best_epoch: usize,
}

impl TuningView {
    pub fn new(symbol: Symbol, seed: u64, tuning: &Tuning) -> Self {
        let rung = |&Rung { epochs, trials }: &Rung| RungView { epochs, models: trials };
        let view = |trial: &Trial| TrialView::new(trial, tuning);
        Self {
            symbol,
            seed,
            known: tuning.known,
            scored: tuning.scored.clone(),
            held_out: tuning.held_out,
            rungs: tuning.rungs.iter().map(rung).collect(),
            tried: tuning.trials.len(),
            failed: tuning.trials.iter().filter(|trial| trial.score.is_err()).count(),
            best: view(tuning.best()),
            default: view(tuning.untuned()),
            beats_naive: tuning.best().loss() < 1.0,
            beats_default: tuning.best != 0,
            trials: tuning.ranked().into_iter().map(view).collect(),
        }
    }
}

impl TrialView {
    fn new(trial: &Trial, tuning: &Tuning) -> Self {
        let score = trial.score.as_ref().ok();
        let mae = score.map(TrialScore::mae);
        let fold = |fold: &FoldScore| FoldView {
            forecasts: fold.forecasts,
            relative_mae: fold.relative_mae(),
            mae: fold.mae,
            naive_mae: fold.naive_mae,
            epochs_run: fold.epochs_run,
            best_epoch: fold.best_epoch,
        };
        Self {
            number: trial.number,
            epochs: tuning.rungs.get(trial.rung).map_or(0, |rung| rung.epochs),
            relative_mae: score.map(|score| score.relative_mae),
            mae: mae.map(|(model, _)| model),
            naive_mae: mae.map(|(_, naive)| naive),
            folds: score.iter().flat_map(|score| &score.folds).map(fold).collect(),
            failure: trial.score.as_ref().err().cloned(),
            spec: PartialSpec::from(&trial.spec),
        }
    }
}
