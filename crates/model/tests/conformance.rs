//! Every network keeps to what all forecasters promise.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use closecast_domain::{Cancel, History, Predict, ProgressSink};
use closecast_eval::conformance::{Check, Report, Subject, check_forecaster};
use closecast_model::{
    Architecture, BaseForecaster, BaseModel, BaseSpec, FineTunedForecaster, Head, LstmForecaster, LstmModel, ModelSpec,
    Recipe,
};
use closecast_testkit::histories::{random_walk, sine};

const HORIZON: usize = 2;

#[track_caller]
fn check<M: Predict>(subject: &Subject<M>) -> Report {
    check_forecaster(subject).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Returns an ordinary history, long enough for the longest feature and the split.
fn history() -> History {
    random_walk("AAPL", 560, 31)
}

fn forecaster(spec: &ModelSpec, seed: u64) -> LstmForecaster {
    LstmForecaster::new("TEST", ModelSpec { seed, ..spec.clone() }.check().unwrap()).threads(Some(1))
}

/// Checks a small network, trained until its points are about right, and a larger one on the sine.
#[track_caller]
fn check_network(arch: Architecture, recipe: Recipe) {
    let small = ModelSpec {
        arch,
        recipe,
        lookback: 8,
        horizon: HORIZON,
        hidden_size: 4,
        layers: 1,
        epochs: 20,
        batch_size: 64,
        learning_rate: 0.01,
        ..ModelSpec::default()
    };
    let on_sine = ModelSpec { arch, recipe, ..on_sine() };
    let name = format!("{}, {recipe:?}", arch.name());
    let subject = Subject::forecaster(name, HORIZON, history(), move |seed| forecaster(&small, seed))
        .seeded()
        .scale_free()
        .kept(LstmModel::to_bytes, LstmModel::from_bytes)
        .learns(sine("AAPL", 600, 20.0), move |seed| forecaster(&on_sine, seed));
    let report = check(&subject);
    assert_eq!(report.passed, Check::ALL);
}

/// Returns what learns a sine within a second.
fn on_sine() -> ModelSpec {
    ModelSpec {
        lookback: 20,
        hidden_size: 12,
        layers: 1,
        dropout: 0.0,
        epochs: 20,
        batch_size: 32,
        learning_rate: 0.01,
        ..ModelSpec::default()
    }
}

#[test]
fn base_network_on_returns() {
    check_network(Architecture::Base, Recipe::Returns);
}

#[test]
fn base_network_on_prices() {
    check_network(Architecture::Base, Recipe::MinMaxPrices);
}

#[test]
fn improved_network_on_returns() {
    check_network(Architecture::Improved, Recipe::Returns);
}

#[test]
fn improved_network_on_prices() {
    check_network(Architecture::Improved, Recipe::MinMaxPrices);
}

/// Returns a description of BASE that trains within a second.
fn small_base(seed: u64) -> BaseSpec {
    BaseSpec { horizon: HORIZON, hidden_size: 4, epochs: 1, batch_size: 128, seed, ..BaseSpec::default() }
}

#[test]
fn base_over_all_symbols() {
    let fit = |seed, history: &History, cancel: &Cancel, progress: &dyn ProgressSink| {
        let forecaster = BaseForecaster::new(small_base(seed).check().unwrap()).threads(Some(1));
        forecaster.fit_base(std::slice::from_ref(history), cancel, progress)
    };
    let subject = Subject::new("base", HORIZON, history(), fit);
    let report = check(&subject.seeded().scale_free().kept(BaseModel::to_bytes, BaseModel::from_bytes));
    assert_eq!(report.not_claimed, [Check::SineIsLearned], "it learns no direction");
}

#[test]
fn base_with_quantiles() {
    let spec = |seed| BaseSpec { head: Head::Quantiles, ..small_base(seed) }.check().unwrap();
    let build = move |seed| BaseForecaster::new(spec(seed)).threads(Some(1));
    check(&Subject::panel("quantiles", HORIZON, history(), build).seeded().scale_free());
}

#[test]
fn base_fine_tuned() {
    let build =
        |seed| FineTunedForecaster::new(BaseForecaster::new(small_base(seed).check().unwrap()).threads(Some(1)));
    let report = check(&Subject::panel("fine-tuned", HORIZON, history(), build).seeded().scale_free());
    assert_eq!(report.not_claimed, [Check::SineIsLearned, Check::SavedAndLoadedSameBits]);
}
