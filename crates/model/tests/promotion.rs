//! A model trained on one symbol beside another: what it has seen, and the evidence on the days it has not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use closecast_domain::{Cancel, Card, Forecaster, History, ModelRef, NoProgress, TrainingCutoff};
use closecast_eval::promotion::{ComparedModel, Evidence, Verdict, compare};
use closecast_model::{LstmForecaster, LstmModel, ModelSpec};
use closecast_testkit::histories::{random_walk, sine};

fn small() -> ModelSpec {
    ModelSpec { lookback: 10, hidden_size: 6, layers: 1, epochs: 2, batch_size: 64, ..ModelSpec::default() }
}

fn fit(spec: ModelSpec, history: &History) -> LstmModel {
    LstmForecaster::new("AAPL", spec.check().unwrap()).fit(history, &Cancel::new(), &NoProgress).unwrap()
}

fn seen(model: &LstmModel, history: &History) -> TrainingCutoff {
    Card::from(model.card().clone()).training_cutoff(std::slice::from_ref(history))
}

/// Returns `history` with other prices from the bar `from` on.
fn changed(history: &History, from: usize) -> History {
    let mut bars = history.bars().to_vec();
    for bar in &mut bars[from..] {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close, &mut bar.raw_close] {
            *price *= 1.5;
        }
    }
    History::from_checked(history.symbol().clone(), None, bars).unwrap()
}

#[test]
fn training_cutoff_is_the_last_day_used_in_training() {
    let history = random_walk("AAPL", 600, 3);
    for horizon in [1, 4] {
        let spec = ModelSpec { horizon, ..small() };
        let model = fit(spec.clone(), &history);
        let last = history.position(seen(&model, &history).weights).unwrap();
        assert!(model.card().trained_on.end < history.bars()[last].date && last < 550);
        let log_without = |from: usize| fit(spec.clone(), &changed(&history, from)).log().clone();
        assert_eq!(model.log(), &log_without(last + 1), "no later day has a part in it");
        assert_ne!(model.log(), &log_without(last), "the last one has");
    }
}

fn evidence(champion: &LstmModel, challenger: &LstmModel, history: &History) -> Evidence {
    let name = ModelRef { name: "AAPL".to_owned(), sha256: String::new() };
    let champion = ComparedModel { model: champion, name: &name, seen: seen(champion, history) };
    let challenger = ComparedModel { model: challenger, name: &name, seen: seen(challenger, history) };
    compare(champion, challenger, std::slice::from_ref(history), 60, &Cancel::new()).unwrap()
}

#[test]
fn trained_model_replaces_an_untrained_one_and_not_vice_versa() {
    let history = sine("AAPL", 700, 20.0);
    let learned = ModelSpec { lookback: 20, hidden_size: 16, epochs: 25, learning_rate: 0.01, ..small() };
    let (learned, hardly) =
        (fit(learned, &history), fit(ModelSpec { epochs: 1, learning_rate: 1e-5, ..small() }, &history));
    let found = evidence(&hardly, &learned, &history);
    assert_eq!((&found.verdict, found.sessions), (&Verdict::Promote, 60));
    assert!(
        found.crps.challenger_to_champion.unwrap() < 0.7 && found.mae.challenger_to_naive.unwrap() < 0.5,
        "{found:?}"
    );
    assert!(found.crps_p_value.unwrap() < 0.01);
    assert!(found.days.unwrap().start > found.challenger.seen.weights.max(found.champion.seen.weights));
    let back = evidence(&learned, &hardly, &history);
    assert!(matches!(back.verdict, Verdict::Keep { .. }));
    assert_eq!(back.crps_p_value, found.crps_p_value);
    // A retrain with the same bytes takes the place of what it equals.
    assert_eq!(evidence(&learned, &learned.clone(), &history).verdict, Verdict::Promote);
}

#[test]
fn challenger_trained_to_the_last_session_is_compared_on_its_test_days() {
    let history = random_walk("AAPL", 700, 8);
    let champion = fit(small(), &history.first_bars(600).unwrap());
    let challenger = fit(ModelSpec { seed: 43, ..small() }, &history);
    let found = evidence(&champion, &challenger, &history);
    let days = found.days.unwrap();
    assert_eq!((found.sessions, days.end), (60, history.last().date));
    let unseen = history.len() - 1 - history.position(found.challenger.seen.weights).unwrap();
    assert_eq!(unseen, challenger.card().evaluation.test.model.days);
    assert!(found.mae.challenger_to_naive.is_some() && found.mae.champion_to_naive.is_some());
}
