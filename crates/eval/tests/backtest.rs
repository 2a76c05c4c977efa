//! The walk-forward backtest: what a model may know, what is scored, and what goes on after an interruption.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use chrono::NaiveDate;
use closecast_domain::{
    Cancel, Forecast, ForecastError, Forecaster, History, NoProgress, PanelForecaster, Predict, ProgressSink,
};
use closecast_eval::{
    Drift, EwmaT, Naive,
    backtest::{Backtest, BacktestError, BacktestSpec, Candidate, Fold, FoldStore, NoStore, Plan, run, scores, slices},
};
use closecast_testkit::histories::{from_returns, random_walk};

fn histories() -> Vec<History> {
    vec![random_walk("AAA", 420, 1), random_walk("BBB", 400, 2), random_walk("CCC", 410, 3)]
}

fn spec() -> BacktestSpec {
    BacktestSpec { test_days: 60, refit_every: 20, from: None, horizon: 2 }
}

fn candidates() -> Vec<Candidate> {
    vec![Candidate::per_symbol("naive", Naive { horizon: 2 }), Candidate::per_symbol("drift", Drift { horizon: 2 })]
}

fn backtest(histories: &[History], candidates: &[Candidate]) -> Result<Backtest, BacktestError> {
    let plan = Plan::new(spec(), histories).unwrap();
    run(&plan, (histories, &[]), candidates, &NoStore, &Cancel::new(), &NoProgress)
}

#[test]
fn row_keeps_the_95_percent_interval_of_the_model() {
    let candidates =
        [Candidate::per_symbol("naive", Naive { horizon: 2 }), Candidate::per_symbol("ewma-t", EwmaT { horizon: 2 })];
    let rows = backtest(&histories(), &candidates).unwrap().rows;
    for row in rows {
        let beyond = row.interval_95.map(|(lower, upper)| lower < row.quantiles[0] && row.quantiles[18] < upper);
        assert_eq!(beyond, (&*row.model == "ewma-t").then_some(true), "naive's levels end at 5 and 95 %");
    }
}

/// Notes what it was fitted to, and forecasts like naive.
struct Witness(Arc<Mutex<Vec<(usize, NaiveDate)>>>);

impl PanelForecaster for Witness {
    fn fit_panel(
        &self,
        histories: &[History],
        cancel: &Cancel,
        progress: &dyn ProgressSink,
    ) -> Result<Box<dyn Predict + Send + Sync>, ForecastError> {
        let newest = histories.iter().map(|history| history.last().date).max().unwrap();
        self.0.lock().unwrap().push((histories.len(), newest));
        Ok(Box::new(Naive { horizon: 2 }.fit(&histories[0], cancel, progress)?))
    }
}

#[test]
fn fold_uses_no_data_on_or_after_its_date() {
    let (histories, also) = (histories(), [random_walk("ZZZ", 500, 9)]);
    let plan = Plan::new(spec(), &histories).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let witness = [Candidate::new("witness", Witness(seen.clone()))];
    let done = run(&plan, (&histories, &also), &witness, &NoStore, &Cancel::new(), &NoProgress).unwrap();
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), plan.folds.len());
    for (fold, (count, newest)) in plan.folds.iter().zip(seen.iter()) {
        assert!(newest < &fold.first && *count == 4, "{fold:?}: {newest}");
    }
    assert!(done.rows.iter().all(|row| row.symbol.as_str() != "ZZZ"), "it is only learned from");
    assert!(done.rows.iter().all(|row| row.origin_date < row.target_date));
    assert_eq!(done.rows.iter().map(|row| row.target_date).max(), plan.last());
}

#[test]
fn each_session_is_forecast_once_at_each_horizon_from_the_session_before() {
    let histories = histories();
    let done = backtest(&histories, &candidates()).unwrap();
    let mut seen = HashMap::new();
    for row in &done.rows {
        *seen.entry((row.model.clone(), row.symbol.clone(), row.target_date, row.horizon)).or_insert(0) += 1;
        let history = histories.iter().find(|history| history.symbol() == &row.symbol).unwrap();
        let (origin, target) = (history.position(row.origin_date).unwrap(), history.position(row.target_date).unwrap());
        assert_eq!(target - origin, row.horizon);
        let grown = history.bars()[target].close / history.bars()[origin].close;
        assert!((row.actual / row.last_close - grown).abs() < 1e-12);
    }
    assert!(seen.values().all(|&count| count == 1));
    let days = |symbol: &str, horizon| {
        done.rows.iter().filter(|r| &*r.model == "naive" && r.symbol.as_str() == symbol && r.horizon == horizon).count()
    };
    // The longest history gives the calendar of the test; the shorter ones end before it does.
    assert_eq!((days("AAA", 1), days("AAA", 2)), (60, 59));
    assert!(days("BBB", 1) < 60);
}

#[test]
fn per_symbol_model_is_fitted_to_the_first_history_of_the_symbol() {
    let histories = histories();
    let earlier = from_returns("AAA", &[0.05; 300]);
    let plan = Plan::new(spec(), &histories).unwrap();
    let with = |also: &[History]| {
        run(&plan, (&histories, also), &candidates(), &NoStore, &Cancel::new(), &NoProgress).unwrap()
    };
    assert_eq!(with(&[earlier]), with(&[]), "steps of 5 % a day are not those of the days forecast");
}

/// Adds a little of the coming return to the forecast, but only where it has been given more than it should know.
#[derive(Clone, Copy)]
struct Peeping;

impl Forecaster for Peeping {
    type Fitted = PeepingModel;

    fn fit(self, history: &History, cancel: &Cancel, sink: &dyn ProgressSink) -> Result<PeepingModel, ForecastError> {
        Ok(PeepingModel(Naive { horizon: 2 }.fit(history, cancel, sink)?))
    }
}

struct PeepingModel(<Naive as Forecaster>::Fitted);

impl Predict for PeepingModel {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        self.0.predict(history)
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        let peep = |origin: usize| {
            let mut forecast = self.0.predict(&history.first_bars(origin + 1).unwrap())?;
            let bars = history.bars();
            forecast.sessions[0].point *= (bars[origin + 1].close / bars[origin].close).powf(0.01);
            Ok(forecast)
        };
        origins.map(peep).collect()
    }
}

#[test]
fn planted_look_ahead_fails_the_backtest() {
    let candidates = [Candidate::per_symbol("peeping", Peeping)];
    let error = backtest(&histories(), &candidates).map(|done| done.rows.len()).unwrap_err();
    assert!(matches!(&error, BacktestError::Leak { model, .. } if model == "peeping"), "{error}");
    assert!(error.to_string().contains("reads the future"), "{error}");
}

#[test]
fn relative_scores_of_naive_are_one_on_common_days() {
    let mut histories = histories();
    let young = random_walk("NEW", 420, 4);
    histories.push(young.between(Some(young.bars()[300].date), None).unwrap());
    let done = backtest(&histories, &candidates()).unwrap();
    assert!(done.skipped.iter().all(|skipped| skipped.symbol.as_str() == "NEW" && skipped.reason.contains("252")));
    assert_eq!(done.skipped.len(), 2 * 3, "both models, three folds");
    let scored = scores(&done.rows, None).unwrap();
    let names: Vec<_> = scored.iter().map(|score| (score.model.as_str(), score.horizon)).collect();
    assert_eq!(names, [("naive", 1), ("naive", 2), ("drift", 1), ("drift", 2)]);
    assert_eq!(scored[0].relative_mae, Some(1.0));
    let relative = |at: usize, other: &str| scored[at].against[other].relative_crps;
    let (ours, theirs) = (relative(2, "naive"), relative(0, "drift"));
    assert!((ours * theirs - 1.0).abs() < 1e-12 && (ours - 1.0).abs() < 0.05, "{ours} {theirs}");
    let coverage = scored[0].calibration.as_ref().unwrap().coverage.shares();
    assert!((0.8..1.0).contains(&coverage[2].unwrap()), "{coverage:?}");
    let mut fewer = done.rows.clone();
    fewer.retain(|row| &*row.model == "naive" || row.symbol.as_str() != "AAA");
    assert!(
        scores(&fewer, None).unwrap().iter().all(|score| score.symbols.len() == 2),
        "only what all models forecast"
    );
}

/// Forecasts a price of nothing for one symbol.
#[derive(Clone, Copy)]
struct Bankrupt;

impl Forecaster for Bankrupt {
    type Fitted = BankruptModel;

    fn fit(self, history: &History, cancel: &Cancel, sink: &dyn ProgressSink) -> Result<BankruptModel, ForecastError> {
        Ok(BankruptModel(Naive { horizon: 2 }.fit(history, cancel, sink)?))
    }
}

struct BankruptModel(<Naive as Forecaster>::Fitted);

impl Predict for BankruptModel {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let mut forecast = self.0.predict(history)?;
        if history.symbol().as_str() == "BBB" {
            forecast.sessions[1].point = 0.0;
        }
        Ok(forecast)
    }
}

#[test]
fn forecast_without_a_score_is_skipped_with_a_reason() {
    let candidates =
        [Candidate::per_symbol("naive", Naive { horizon: 2 }), Candidate::per_symbol("bankrupt", Bankrupt)];
    let done = backtest(&histories(), &candidates).unwrap();
    assert!(!done.skipped.is_empty());
    assert!(done.skipped.iter().all(|s| s.model == "bankrupt" && s.symbol.as_str() == "BBB"), "{:?}", done.skipped);
    assert!(done.skipped[0].reason.contains("cannot be scored"), "{}", done.skipped[0].reason);
    assert!(scores(&done.rows, None).unwrap().iter().all(|score| score.symbols.len() == 2));
}

#[test]
fn slices_partition_all_days() {
    let done = backtest(&histories(), &candidates()).unwrap();
    let slices = slices(&done.rows, None).unwrap();
    let days = |name: &str| {
        let slice = slices.iter().find(|slice| slice.days == name).unwrap();
        slice.scores[0].symbols.iter().map(|symbol| symbol.days).sum::<usize>()
    };
    let all: usize = scores(&done.rows, None).unwrap()[0].symbols.iter().map(|symbol| symbol.days).sum();
    assert_eq!(days("quiet") + days("ordinary") + days("wild"), all);
    assert!(days("quiet").abs_diff(days("wild")) < all / 10);
}

/// Keeps the folds in memory and counts how often something was saved.
#[derive(Default)]
struct Memory {
    kept: Mutex<HashMap<(NaiveDate, String), Backtest>>,
    saved: AtomicUsize,
}

impl FoldStore for Memory {
    fn load(&self, fold: &Fold, model: &str) -> Result<Option<Backtest>, BacktestError> {
        Ok(self.kept.lock().unwrap().get(&(fold.first, model.to_owned())).cloned())
    }

    fn save(&self, fold: &Fold, model: &str, part: &Backtest) -> Result<(), BacktestError> {
        self.saved.fetch_add(1, Ordering::Relaxed);
        self.kept.lock().unwrap().insert((fold.first, model.to_owned()), part.clone());
        Ok(())
    }
}

#[test]
fn interrupted_backtest_resumes_with_the_same_rows() {
    let histories = histories();
    let plan = Plan::new(spec(), &histories).unwrap();
    let whole = backtest(&histories, &candidates()).unwrap();
    let store = Memory::default();
    run(&plan, (&histories, &[]), &candidates(), &store, &Cancel::new(), &NoProgress).unwrap();
    store.kept.lock().unwrap().retain(|(fold, _), _| *fold != plan.folds[1].first);
    let before = store.saved.load(Ordering::Relaxed);
    let again = run(&plan, (&histories, &[]), &candidates(), &store, &Cancel::new(), &NoProgress).unwrap();
    assert_eq!(again, whole);
    assert_eq!(store.saved.load(Ordering::Relaxed) - before, 2, "only the missing fold, of both models");
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = run(&plan, (&histories, &[]), &candidates(), &NoStore, &cancel, &NoProgress);
    assert!(matches!(stopped, Err(BacktestError::Cancelled)), "{stopped:?}");
}
