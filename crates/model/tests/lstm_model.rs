//! The whole way from a history to prices, through the public interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::sync::atomic::{AtomicUsize, Ordering};

use closecast_domain::{Cancel, ForecastError, Forecaster, History, NoProgress, Predict, Progress, ProgressSink};
use closecast_model::{ArtifactError, LstmForecaster, LstmModel, ModelSpec, Recipe};
use closecast_testkit::histories::{random_walk, sine};

fn small() -> ModelSpec {
    ModelSpec { lookback: 10, hidden_size: 6, layers: 1, epochs: 2, batch_size: 64, ..ModelSpec::default() }
}

fn fit(spec: ModelSpec, history: &History) -> LstmModel {
    LstmForecaster::new("TEST", spec.check().unwrap()).fit(history, &Cancel::new(), &NoProgress).unwrap()
}

#[test]
fn artifact_bytes_depend_on_the_seed_and_not_on_threads() {
    let history = random_walk("AAPL", 600, 1);
    let bytes = |threads, seed| {
        let spec = ModelSpec { seed, ..small() }.check().unwrap();
        let forecaster = LstmForecaster::new("TEST", spec).threads(Some(threads));
        forecaster.fit(&history, &Cancel::new(), &NoProgress).unwrap().to_bytes().unwrap()
    };
    let first = bytes(1, 42);
    assert!(first == bytes(2, 42), "threads must not change a bit");
    assert!(first == bytes(1, 42), "a second run must not change a bit");
    assert!(first != bytes(1, 43), "the seed must matter");
}

#[test]
fn loaded_model_forecasts_the_same_bits() {
    let history = random_walk("AAPL", 600, 2);
    let mut model = fit(ModelSpec { horizon: 3, ..small() }, &history);
    let bytes = model.to_bytes().unwrap();
    let forecast = model.predict(&history).unwrap();
    let again = LstmModel::from_bytes(&bytes).unwrap().predict(&history).unwrap();
    assert_eq!(forecast, again);
    assert_eq!(forecast.sessions.len(), 3);
    assert_eq!(forecast.sessions[0].date, history.calendar().next_session(history.last().date));
    for session in &forecast.sessions {
        let (lower, upper) = session.interval(0.9).unwrap();
        assert!(lower < upper && session.quantiles.len() == 19);
        assert!(session.quantiles.windows(2).all(|pair| pair[0].price <= pair[1].price));
    }
}

#[test]
fn sine_is_learned_with_its_direction() {
    let history = sine("AAPL", 700, 20.0);
    let spec = ModelSpec { lookback: 20, hidden_size: 16, epochs: 25, learning_rate: 0.01, ..small() };
    let test = fit(spec, &history).card().evaluation.test;
    assert!(test.model.rel_mae_naive.unwrap() < 0.5, "{test:?}");
    assert!(test.model.directional_accuracy.unwrap().value > 0.8);
}

#[test]
fn prices_after_the_split_change_neither_weights_nor_scaler() {
    let history = random_walk("AAPL", 600, 3);
    let trained = fit(small(), &history);
    let mut bars = history.bars().to_vec();
    // The test part is the last 15 % of the origins: everything in it is changed.
    let from = bars.len() - 50;
    for bar in &mut bars[from..] {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close, &mut bar.raw_close] {
            *price *= 1.5;
        }
    }
    let changed = History::from_checked(history.symbol().clone(), None, bars).unwrap();
    let retrained = fit(small(), &changed);
    assert_eq!(trained.log(), retrained.log(), "the test days must not reach the training");
    let until_then = history.first_bars(from).unwrap();
    let closes = |model: &LstmModel| model.predict(&until_then).unwrap().sessions;
    assert_eq!(closes(&trained), closes(&retrained));
}

#[test]
fn past_dividend_or_split_keeps_the_forecast_at_the_quoted_price() {
    let history = random_walk("AAPL", 600, 4);
    let model = fit(small(), &history);
    let scaled = history.bars().iter().map(|bar| closecast_domain::Bar { raw_close: bar.raw_close * 4.0, ..*bar });
    let quoted = History::from_checked(history.symbol().clone(), None, scaled.collect()).unwrap();
    let (a, b) = (model.predict(&history).unwrap(), model.predict(&quoted).unwrap());
    assert!((b.sessions[0].point / a.sessions[0].point - 4.0).abs() < 1e-12);
}

#[test]
fn min_max_recipe_trains_and_is_named_in_the_card() {
    let history = random_walk("AAPL", 500, 5);
    let mut model = fit(ModelSpec { recipe: Recipe::MinMaxPrices, epochs: 5, ..small() }, &history);
    assert_eq!(model.card().features, ["close"]);
    let bytes = model.to_bytes().unwrap();
    assert!(LstmModel::from_bytes(&bytes).unwrap().predict(&history).unwrap().sessions[0].point > 0.0);
}

#[test]
fn short_history_is_refused_with_the_number_of_sessions_needed() {
    let history = random_walk("AAPL", 200, 6);
    let error =
        LstmForecaster::new("T", small().check().unwrap()).fit(&history, &Cancel::new(), &NoProgress).unwrap_err();
    let ForecastError::TooShort { have, need, .. } = error else { panic!("{error}") };
    assert_eq!(have, 200);
    let enough = random_walk("AAPL", need, 6);
    fit(small(), &enough);
}

/// Cancels after the third batch it hears of.
struct CancelAfterThree<'a>(&'a Cancel, AtomicUsize);

impl ProgressSink for CancelAfterThree<'_> {
    fn report(&self, progress: &Progress) {
        if matches!(progress, Progress::Batch { .. }) && self.1.fetch_add(1, Ordering::Relaxed) == 2 {
            self.0.cancel();
        }
    }
}

#[test]
fn cancelling_stops_within_one_batch() {
    let history = random_walk("AAPL", 600, 7);
    let cancel = Cancel::new();
    let sink = CancelAfterThree(&cancel, AtomicUsize::new(0));
    let spec = ModelSpec { batch_size: 8, ..small() }.check().unwrap();
    let error = LstmForecaster::new("T", spec).fit(&history, &cancel, &sink).unwrap_err();
    assert!(matches!(error, ForecastError::Cancelled));
    assert_eq!(sink.1.load(Ordering::Relaxed), 3);
}

#[test]
fn damaged_foreign_and_contradictory_files_are_refused() {
    let history = random_walk("AAPL", 600, 8);
    let bytes = fit(small(), &history).to_bytes().unwrap();
    assert!(LstmModel::from_bytes(b"pickle").is_err());
    assert!(LstmModel::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(text.contains("closecast-model-1"));
    let changed = |from: &str, to: &str| LstmModel::from_bytes(&replaced(&bytes, from, to));
    assert!(matches!(changed("closecast-model-1", "closecast-model-9"), Err(ArtifactError::Format { .. })));
    for (from, to) in [
        (r#"\"hidden_size\":6"#, r#"\"hidden_size\":7"#),
        (r#"\"level\":0.05"#, r#"\"level\":0.15"#),
        (r#"\"level\":0.95"#, r#"\"level\":9.95"#),
    ] {
        let error = changed(from, to).unwrap_err();
        assert!(matches!(error, ArtifactError::Contradiction(_)), "{to}: {error}");
    }
}

#[test]
fn forecast_that_is_not_a_price_is_refused() {
    let history = random_walk("AAPL", 600, 8);
    let bytes = fit(small(), &history).to_bytes().unwrap();
    let wild = LstmModel::from_bytes(&replaced(&bytes, r#"\"unit\":1.0"#, r#"\"unit\":9e9"#)).unwrap();
    let error = wild.predict(&history).unwrap_err();
    assert!(matches!(error, ForecastError::NonFinite { .. }), "{error}");
}

/// Returns the file with one text in it replaced by another of the same length.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    let mut changed = bytes.to_vec();
    changed[at..at + to.len()].copy_from_slice(to.as_bytes());
    changed
}
