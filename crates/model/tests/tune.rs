//! The search for a model, through the public interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use closecast_domain::{Cancel, History, NoProgress};
use closecast_model::{
    ModelSpec,
    tune::{
        Dimension, FoldOutcome, Interval, NoTuneStore, SearchSpace, TrialFit, TuneError, TunePlan, TuneProgress,
        TuneSpec, TuneStep, TuneStore, Tuning,
    },
};
use closecast_testkit::histories::{from_returns, random_walk, sine};

fn small() -> SearchSpace {
    SearchSpace {
        lookback: Some(Dimension::OneOf(vec![5, 10])),
        hidden_size: Some(Dimension::OneOf(vec![2, 4])),
        layers: Some(Dimension::OneOf(vec![1])),
        batch_size: Some(Dimension::OneOf(vec![64])),
        learning_rate: Some(Dimension::Between(Interval::log(1e-3, 3e-2))),
        epochs: 4,
        ..SearchSpace::default()
    }
}

fn plan(space: SearchSpace, trials: usize, history: &History) -> TunePlan {
    TunePlan::new(&TuneSpec { space: space.check().unwrap(), trials, seed: 42 }, history).unwrap()
}

fn search(plan: &TunePlan, threads: usize) -> Tuning {
    plan.run(threads, &NoTuneStore, &Cancel::new(), &NoProgress).unwrap()
}

/// Stores outcomes in memory, counts saves, and may cancel the search after some.
#[derive(Default)]
struct Memory {
    kept: Mutex<HashMap<TrialFit, FoldOutcome>>,
    saved: AtomicUsize,
    stop: Option<(usize, Cancel)>,
}

impl TuneStore for Memory {
    fn load(&self, unit: TrialFit) -> Result<Option<FoldOutcome>, TuneError> {
        Ok(self.kept.lock().unwrap().get(&unit).cloned())
    }

    fn save(&self, unit: TrialFit, outcome: &FoldOutcome) -> Result<(), TuneError> {
        self.kept.lock().unwrap().insert(unit, outcome.clone());
        let saved = self.saved.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some((after, cancel)) = &self.stop
            && saved == *after
        {
            cancel.cancel();
        }
        Ok(())
    }
}

#[test]
fn search_result_depends_on_the_seed_and_not_on_threads() {
    let history = random_walk("AAPL", 460, 1);
    let plan = plan(small(), 9, &history);
    let one = search(&plan, 1);
    assert_eq!(one, search(&plan, 2));
    assert_eq!(one, search(&plan, 5));
    assert_eq!((one.trials.len(), plan.trials()), (9, 9));
    let rungs: Vec<(usize, usize)> = one.rungs.iter().map(|rung| (rung.epochs, rung.trials)).collect();
    assert!(matches!(rungs[..], [(1, 9), (2, 3 | 4), (4, 1 | 2)]), "{rungs:?}");
    let other = TuneSpec { space: small().check().unwrap(), trials: 9, seed: 43 };
    let other = search(&TunePlan::new(&other, &history).unwrap(), 2);
    assert_ne!(one.trials[0].score, other.trials[0].score, "the seed must matter");
}

#[test]
fn search_does_not_depend_on_the_test_days() {
    let history = random_walk("AAPL", 460, 2);
    let first = plan(small(), 4, &history);
    let result = search(&first, 2);
    let from = history.position(result.held_out.start).unwrap();
    assert_eq!(result.held_out.end, history.last().date);
    assert!(result.scored.last().unwrap().end < result.held_out.start);
    let mut bars = history.bars().to_vec();
    for (bar, place) in bars[from..].iter_mut().zip(1..) {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.raw_close] {
            *price *= 1.0 + 0.1 * f64::from(place % 3);
        }
        // A close far outside the range of its day: no feature could be computed from it.
        (bar.close, bar.volume) = (bar.close * 1e9, bar.volume * 3.0);
    }
    let changed = History::from_checked(history.symbol().clone(), None, bars).unwrap();
    let second = plan(small(), 4, &changed);
    assert_eq!(second.key(), first.key(), "finished trials stay valid");
    assert_eq!(search(&second, 2), result);
    // The close of the day before is the last one known: the figures do depend on it.
    let mut bars = history.bars().to_vec();
    let last = &mut bars[from - 1];
    (last.close, last.high) = (last.close * 1.1, last.high * 1.1);
    let changed = History::from_checked(history.symbol().clone(), None, bars).unwrap();
    let third = plan(small(), 4, &changed);
    assert_ne!(third.key(), first.key());
    assert_ne!(search(&third, 2).trials, result.trials);
}

#[test]
fn test_days_of_all_models_are_held_out() {
    use closecast_domain::Forecaster;
    let history = random_walk("AAPL", 500, 3);
    let space = SearchSpace { lookback: Some(Dimension::OneOf(vec![5, 30, 60])), ..small() };
    let result = search(&plan(space, 4, &history), 2);
    for trial in &result.trials {
        let spec = ModelSpec { epochs: 1, ..trial.spec.clone() }.check().unwrap();
        let model = closecast_model::LstmForecaster::new("T", spec).fit(&history, &Cancel::new(), &NoProgress).unwrap();
        let tested = model.card().evaluation.test.model.days;
        let held_out = history.len() - history.position(result.held_out.start).unwrap();
        assert!(tested <= held_out, "lookback {}: {tested} of {held_out}", trial.spec.lookback);
    }
}

#[test]
fn outcome_of_a_fold_does_not_depend_on_later_days() {
    let history = random_walk("AAPL", 460, 4);
    let result = search(&plan(small(), 2, &history), 2);
    let after_first = history.position(result.scored[0].end).unwrap() + 1;
    let mut bars = history.bars().to_vec();
    for bar in &mut bars[after_first..] {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close, &mut bar.raw_close] {
            *price *= 1.5;
        }
    }
    let changed = History::from_checked(history.symbol().clone(), None, bars).unwrap();
    let changed = search(&plan(small(), 2, &changed), 2);
    for (before, after) in result.trials.iter().zip(&changed.trials) {
        let (before, after) = (before.score.as_ref().unwrap(), after.score.as_ref().unwrap());
        assert_eq!(before.folds[0], after.folds[0]);
        assert_ne!(before.folds[1], after.folds[1]);
    }
}

#[test]
fn interrupted_search_resumes_with_the_same_result_without_repeated_trainings() {
    let history = random_walk("AAPL", 460, 5);
    let plan = plan(small(), 6, &history);
    let whole = Memory::default();
    let expected = plan.run(2, &whole, &Cancel::new(), &NoProgress).unwrap();
    let trainings = whole.saved.load(Ordering::Relaxed);
    for after in [1, 7, trainings - 2] {
        let cancel = Cancel::new();
        let store = Memory { stop: Some((after, cancel.clone())), ..Memory::default() };
        assert!(matches!(plan.run(2, &store, &cancel, &NoProgress), Err(TuneError::Cancelled)), "{after}");
        let kept = store.saved.swap(0, Ordering::Relaxed);
        assert!(kept >= after && kept < trainings, "{kept}");
        let store = Memory { stop: None, ..store };
        assert_eq!(plan.run(1, &store, &Cancel::new(), &NoProgress).unwrap(), expected);
        assert_eq!(kept + store.saved.load(Ordering::Relaxed), trainings);
    }
    // More trials of the same search: those that are there are not trained again.
    let longer = self::plan(small(), 7, &history);
    assert_eq!(longer.key(), plan.key());
    whole.saved.store(0, Ordering::Relaxed);
    let longer = longer.run(2, &whole, &Cancel::new(), &NoProgress).unwrap();
    assert_eq!(longer.trials[5].spec, expected.trials[5].spec);
    assert!(whole.saved.load(Ordering::Relaxed) < trainings / 2);
}

#[test]
fn best_model_is_at_least_as_good_as_the_untuned_one() {
    let history = sine("AAPL", 560, 20.0);
    let space = SearchSpace {
        learning_rate: Some(Dimension::OneOf(vec![1e-5, 3e-2])),
        hidden_size: Some(Dimension::OneOf(vec![8])),
        lookback: Some(Dimension::OneOf(vec![10])),
        epochs: 15,
        ..small()
    };
    let result = search(&plan(space, 3, &history), 2);
    let (best, untuned) = (result.best(), &result.trials[0]);
    let loss = |trial: &closecast_model::tune::Trial| trial.score.as_ref().unwrap().relative_mae;
    assert_eq!((untuned.spec.learning_rate, best.spec.learning_rate), (1e-3, 3e-2));
    assert!(loss(best) < 0.8 && loss(best) < loss(untuned), "{} {}", loss(best), loss(untuned));
    let score = best.score.as_ref().unwrap();
    let (model, naive) = score.mae();
    assert!(model > 0.0 && model < naive);
    assert_eq!(result.ranked()[0].number, result.best);
    assert_eq!(score.folds.len(), 3);
    for fold in &score.folds {
        assert!(fold.best_epoch <= fold.epochs_run);
        assert!((11..=15).contains(&fold.epochs_run), "the last rung is longer than the first, of 5 epochs");
        assert!((fold.relative_mae() - fold.mae / fold.naive_mae).abs() < 1e-15);
    }
}

#[test]
fn failed_training_is_an_outcome_of_the_search() {
    let history = random_walk("AAPL", 460, 6);
    let space =
        SearchSpace { learning_rate: Some(Dimension::OneOf(vec![1e-3, 1.0])), gradient_clip: 1000.0, ..small() };
    // Prices that do not move: nothing can be said of any model.
    let still = from_returns("AAPL", &[0.0; 460]);
    let spec = TuneSpec { space: space.clone().check().unwrap(), trials: 2, seed: 1 };
    let error =
        TunePlan::new(&spec, &still).map(|plan| plan.run(1, &NoTuneStore, &Cancel::new(), &NoProgress).map(drop));
    assert!(!matches!(error, Ok(Ok(()))), "{error:?}");
    let failing = Memory::default();
    let plan = plan(space, 4, &history);
    for fold in 0..3 {
        let failed = FoldOutcome::Failed("the loss became non-finite".to_owned());
        failing.kept.lock().unwrap().insert(TrialFit { trial: 0, epochs: 2, fold }, failed);
    }
    let result = plan.run(2, &failing, &Cancel::new(), &NoProgress).unwrap();
    assert_eq!(result.trials[0].score, Err("the loss became non-finite".to_owned()));
    assert!(result.best != 0 && result.best().score.is_ok());
}

/// Remembers the last step of each kind.
#[derive(Default)]
struct Watched(Mutex<Vec<TuneStep>>);

impl TuneProgress for Watched {
    fn report(&self, step: TuneStep) {
        self.0.lock().unwrap().push(step);
    }
}

#[test]
fn progress_never_exceeds_the_announced_epochs() {
    let history = random_walk("AAPL", 460, 7);
    let watched = Watched::default();
    let result = plan(small(), 6, &history).run(1, &NoTuneStore, &Cancel::new(), &watched).unwrap();
    let steps = watched.0.into_inner().unwrap();
    let counts: Vec<(u64, u64)> = steps
        .iter()
        .filter_map(|step| if let TuneStep::Epochs { done, all } = step { Some((*done, *all)) } else { None })
        .collect();
    assert!(counts.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 == pair[1].1));
    let trained: u64 = result.rungs.iter().map(|rung| (rung.epochs * rung.trials * 3) as u64).sum();
    let (done, all) = *counts.last().unwrap();
    assert!(done == trained && done <= all, "{done} {trained} {all}");
    assert_eq!(steps.iter().filter(|step| matches!(step, TuneStep::Rung { .. })).count(), result.rungs.len());
}

#[test]
fn too_few_days_and_too_many_trials_are_refused() {
    let space = small().check().unwrap();
    let refused = |trials, days| {
        let spec = TuneSpec { space: space.clone(), trials, seed: 1 };
        TunePlan::new(&spec, &random_walk("AAPL", days, 8)).unwrap_err()
    };
    assert_eq!(refused(0, 460).to_string(), "trials is 0, but must be from 1 to 10000");
    let TuneError::TooShort { need, have, lookback, .. } = refused(3, 250) else { unreachable!("{}", refused(3, 250)) };
    assert_eq!((have, lookback), (250, 60), "the untuned model has a lookback of 60");
    let spec = TuneSpec { space, trials: 1, seed: 1 };
    TunePlan::new(&spec, &random_walk("AAPL", need, 8)).unwrap();
    let far = SearchSpace { horizon: 60, ..small() }.check().unwrap();
    let spec = TuneSpec { space: far, trials: 1, seed: 1 };
    let Err(TuneError::TooShort { need, .. }) = TunePlan::new(&spec, &random_walk("AAPL", 420, 8)) else {
        unreachable!()
    };
    let plan = TunePlan::new(&spec, &random_walk("AAPL", need, 8)).unwrap();
    let result = search(&plan, 2);
    assert_eq!(result.trials[0].score.as_ref().unwrap().folds[0].forecasts % 60, 0);
}
