//! What a model is given against what it was trained on, through the public interface.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use closecast_domain::{Cancel, ForecastError, Forecaster, History, NoProgress};
use closecast_eval::DriftReport;
use closecast_model::{BaseModel, InputDrift, LstmForecaster, ModelSpec, Recipe, TrainedModel};
use closecast_testkit::histories::random_walk;

fn fit(recipe: Recipe, history: &History) -> TrainedModel {
    let spec = ModelSpec { recipe, lookback: 10, hidden_size: 4, epochs: 1, ..ModelSpec::default() };
    let forecaster = LstmForecaster::new("TEST", spec.check().unwrap());
    TrainedModel::Lstm(Box::new(forecaster.fit(history, &Cancel::new(), &NoProgress).unwrap()))
}

fn compared(model: &TrainedModel, history: &History, days: usize) -> DriftReport {
    match model.input_drift(history, days).unwrap() {
        InputDrift::Compared { sessions, report } => {
            assert_eq!(sessions.1, history.last().date);
            assert_eq!(history.position(sessions.1).unwrap() - history.position(sessions.0).unwrap(), days - 1);
            report
        }
        other => panic!("{other:?}"),
    }
}

/// The same days, each move of the last `days` five times as large within the day and over night.
fn wilder(history: &History, days: usize) -> History {
    let mut bars = history.bars().to_vec();
    let from = bars.len() - days;
    let (mut before, mut now) = (bars[from - 1].close, bars[from - 1].close);
    for bar in &mut bars[from..] {
        let moved = |price: f64| now * (5.0 * (price / before).ln()).exp();
        let (open, high, low, close) = (moved(bar.open), moved(bar.high), moved(bar.low), moved(bar.close));
        before = bar.close;
        now = close;
        (bar.open, bar.high, bar.low, bar.close, bar.raw_close) = (open, high, low, close, close);
    }
    History::from_checked(history.symbol().clone(), None, bars).unwrap()
}

#[test]
fn volatile_days_drift_and_training_days_do_not() {
    let history = random_walk("AAPL", 700, 3);
    let model = fit(Recipe::Returns, &history);
    let calm = compared(&model, &history, 60);
    assert_eq!(calm.features.len(), 18);
    assert!(calm.share_drifted() < 0.1, "{calm:?}");
    let wild = compared(&model, &wilder(&history, 40), 40);
    assert!(wild.drifted() > calm.drifted() && wild.share_drifted() >= 0.1, "{wild:?}");
}

#[test]
fn shipped_model_has_a_drift_reference() {
    let model = TrainedModel::Base(Box::new(BaseModel::shipped().unwrap()));
    let history = random_walk("AAPL", 700, 3);
    let report = compared(&model, &history, 60);
    let TrainedModel::Base(base) = &model else { panic!("BASE") };
    assert_eq!(report.features.len(), base.card().features.len(), "no market is known");
    assert!(report.features.iter().all(|feature| feature.reference.standard_deviation > 0.0));
}

#[test]
fn price_levels_have_no_reference() {
    let history = random_walk("AAPL", 450, 3);
    let model = fit(Recipe::MinMaxPrices, &history);
    let InputDrift::NoReference { reason } = model.input_drift(&history, 20).unwrap() else { panic!("a level") };
    assert!(reason.contains("price levels"));
}

#[test]
fn too_few_days_are_refused_with_the_number_needed() {
    let history = random_walk("AAPL", 450, 3);
    let model = fit(Recipe::Returns, &history);
    let (warm_up, short) = (90, history.first_bars(120).unwrap());
    for days in [0, 60] {
        match model.input_drift(&short, days).unwrap_err() {
            ForecastError::TooShort { have, need, .. } => assert!(have == 120 && need >= warm_up, "{need}"),
            other => panic!("{other}"),
        }
    }
    assert!(model.input_drift(&short, 20).is_ok());
}
