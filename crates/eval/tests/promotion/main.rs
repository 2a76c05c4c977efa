//! The evidence for a promotion: models whose scores are known beforehand, and what they are shown.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod causality;
mod models;

use chrono::NaiveDate;
use closecast_domain::{Cancel, History, ModelRef, Predict, Symbol, TrainingCutoff};
use closecast_eval::promotion::{
    ComparedModel, Evidence, MIN_SESSIONS, PromotionError, RECENT_SESSIONS, Verdict, compare,
};
use closecast_testkit::histories::random_walk;

use crate::models::{Broken, Needs, Refuses, STEP, TakesBack, swinging};

fn seen(date: NaiveDate) -> TrainingCutoff {
    TrainingCutoff { weights: date, intervals: date }
}

/// Compares models that have learned from all but the newest `unseen` sessions.
fn evidence(
    champion: &(dyn Predict + Sync),
    challenger: &(dyn Predict + Sync),
    histories: &[History],
    unseen: usize,
) -> Evidence {
    let dates: Vec<NaiveDate> = histories[0].dates().collect();
    let name = ModelRef { name: "AAA".to_owned(), sha256: "00".to_owned() };
    let compared = |model| ComparedModel { model, name: &name, seen: seen(dates[dates.len() - 1 - unseen]) };
    compare(compared(champion), compared(challenger), histories, RECENT_SESSIONS, &Cancel::new()).unwrap()
}

fn close(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() < 1e-12)
}

#[test]
fn better_challenger_is_promoted_with_the_expected_figures() {
    let histories = [swinging("BBB", 300), swinging("AAA", 300)];
    let found = evidence(&TakesBack(0.2), &TakesBack(0.6), &histories, 200);
    assert_eq!(found.verdict, Verdict::Promote);
    let (champion, challenger, naive) =
        (found.champion.figures.unwrap(), found.challenger.figures.unwrap(), found.naive.unwrap());
    assert!(close(champion.crps, 0.008) && close(Some(champion.mae), 0.008), "{champion:?}");
    assert!(close(challenger.crps, 0.004) && close(Some(challenger.mae), 0.004), "{challenger:?}");
    assert!(close(Some(naive.mae), STEP) && naive.crps.unwrap() > 0.0);
    assert_eq!((champion.coverage_90, naive.coverage_90), (Some(0.0), Some(1.0)));
    assert!(close(found.crps.challenger_to_champion, 0.5) && close(found.mae.challenger_to_champion, 0.5));
    assert!(close(found.mae.challenger_to_naive, 0.4) && close(found.mae.champion_to_naive, 0.8));
    assert!(found.crps.challenger_to_naive.unwrap() < found.crps.champion_to_naive.unwrap());
    let dates: Vec<NaiveDate> = histories[0].dates().collect();
    let days = found.days.unwrap();
    assert_eq!((days.start, days.end), (dates[240], dates[299]), "the newest 60");
    assert_eq!((found.sessions, found.pairs), (60, 120));
    assert_eq!(found.symbols.iter().map(Symbol::as_str).collect::<Vec<_>>(), ["AAA", "BBB"]);
    assert!(found.notes.is_empty() && found.champion.refusals.is_empty());
}

#[test]
fn equal_challenger_is_promoted_and_a_worse_one_is_not() {
    let histories = [swinging("AAA", 300)];
    let worse = evidence(&TakesBack(0.6), &TakesBack(0.59), &histories, 200);
    assert!(
        matches!(&worse.verdict, Verdict::Keep { reason } if reason.contains("2.50 % higher")),
        "{:?}",
        worse.verdict
    );
    let equal = evidence(&TakesBack(0.6), &TakesBack(0.6), &histories, 200);
    assert_eq!(equal.verdict, Verdict::Promote);
    assert_eq!((equal.crps.challenger_to_champion, equal.mae.challenger_to_champion), (Some(1.0), Some(1.0)));
    assert_eq!((equal.crps_p_value, equal.mae_p_value), (None, None), "there is no difference to test");
}

#[test]
fn random_difference_has_a_large_p_value() {
    let histories = [random_walk("AAA", 400, 5), random_walk("BBB", 400, 6)];
    let found = evidence(&TakesBack(0.0), &TakesBack(0.02), &histories, 200);
    assert!(found.crps_p_value.unwrap() > 0.01 && found.mae_p_value.unwrap() > 0.01);
    let clear = evidence(&TakesBack(0.0), &TakesBack(3.0), &histories, 200);
    assert!(clear.crps_p_value.unwrap() < 0.001 && matches!(clear.verdict, Verdict::Keep { .. }));
}

#[test]
fn too_few_unseen_sessions_give_insufficient_data() {
    let histories = [swinging("AAA", 300)];
    for unseen in [0, 1, MIN_SESSIONS - 1] {
        let found = evidence(&TakesBack(0.2), &TakesBack(0.6), &histories, unseen);
        assert_eq!(found.sessions, unseen);
        let reason = found.verdict.reason().unwrap();
        assert!(matches!(found.verdict, Verdict::Insufficient { .. }));
        assert!(reason.contains(&format!("wait for {} more", MIN_SESSIONS - unseen)) && reason.contains("--force"));
    }
    let enough = evidence(&TakesBack(0.2), &TakesBack(0.6), &histories, MIN_SESSIONS);
    assert_eq!(enough.verdict, Verdict::Promote);
}

#[test]
fn model_that_refuses_a_history_is_worse() {
    let histories = [swinging("AAA", 300), swinging("BBB", 300)];
    let neither: &[&str] = &["AAA", "BBB"];
    let good = TakesBack(0.6);
    let found = evidence(&Refuses(good, neither), &TakesBack(0.2), &histories, 200);
    assert_eq!((&found.verdict, found.pairs, found.champion.refusals.len()), (&Verdict::Promote, 120, 2));
    assert!(found.champion.figures.is_none() && found.challenger.figures.is_some() && found.naive.is_some());
    let found = evidence(&TakesBack(0.2), &Refuses(good, neither), &histories, 200);
    let reason = "the challenger cannot forecast AAA: not this one".to_owned();
    assert_eq!(found.verdict, Verdict::Keep { reason });
    // A symbol lost is reason enough to keep the champion; one that neither can forecast is left out.
    let found = evidence(&TakesBack(0.2), &Refuses(good, &["BBB"]), &histories, 200);
    assert!(matches!(found.verdict, Verdict::Keep { reason } if reason.contains("BBB")));
    let found = evidence(&Refuses(TakesBack(0.2), &["BBB"]), &Refuses(good, &["BBB"]), &histories, 200);
    assert_eq!((found.verdict, found.pairs, found.symbols.len()), (Verdict::Promote, 60, 1));
}

#[test]
fn forecast_that_is_not_a_price_counts_as_refusal() {
    let histories = [swinging("AAA", 300)];
    for broken in [f64::NEG_INFINITY, f64::INFINITY] {
        let found = evidence(&TakesBack(0.2), &Broken(broken), &histories, 200);
        assert!(matches!(found.verdict, Verdict::Keep { reason } if reason.contains("cannot be scored")));
        assert_eq!(evidence(&Broken(broken), &TakesBack(0.2), &histories, 200).verdict, Verdict::Promote);
    }
    // NaN equals nothing, itself included.
    let found = evidence(&TakesBack(0.2), &Broken(f64::NAN), &histories, 200);
    assert!(matches!(found.verdict, Verdict::Keep { .. }));
}

#[test]
fn young_symbol_is_compared_from_the_first_session_that_both_models_can_forecast() {
    let histories = [swinging("AAA", 100)];
    let found = evidence(&TakesBack(0.0), &Needs(70), &histories, 90);
    assert_eq!((found.sessions, found.pairs), (30, 30));
    assert_eq!(found.days.unwrap().start, histories[0].bars()[70].date, "the session after the 70th");
    assert_eq!(found.verdict, Verdict::Promote);
    let never = evidence(&TakesBack(0.0), &Needs(100), &histories, 90);
    assert!(
        matches!(never.verdict, Verdict::Keep { reason } if reason.contains("100 are needed")),
        "99 are all it is shown"
    );
}

#[test]
fn symbol_without_sessions_in_the_period_is_not_a_refusal() {
    let ended = swinging("OLD", 150);
    let only = ended.first_bars(1).unwrap();
    let one_session = History::from_checked("ONE".parse().unwrap(), None, only.bars().to_vec()).unwrap();
    let histories = [swinging("AAA", 300), ended, one_session];
    let found = evidence(&TakesBack(0.2), &Refuses(TakesBack(0.6), &["OLD", "ONE"]), &histories, 200);
    assert_eq!((found.verdict, found.pairs), (Verdict::Promote, 60));
    assert!(found.notes.is_empty() && found.champion.refusals.is_empty() && found.challenger.refusals.is_empty());
}

#[test]
fn evidence_round_trips_as_json() {
    let histories = [random_walk("AAA", 300, 1)];
    for unseen in [0, 200] {
        let found = evidence(&Refuses(TakesBack(0.3), &["AAA"]), &TakesBack(0.1), &histories, unseen);
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Evidence>(&json).unwrap(), found);
    }
    let found = evidence(&TakesBack(0.2), &TakesBack(0.2), &histories, 0);
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["verdict"]["code"], "insufficient");
    assert_eq!(json["challenger"]["model"]["name"], "AAA");
}

#[test]
fn comparison_without_history_or_cancelled_is_an_error() {
    let histories = [swinging("AAA", 300)];
    let name = ModelRef { name: "AAA".to_owned(), sha256: String::new() };
    let compared = ComparedModel { model: &TakesBack(0.0), name: &name, seen: seen(histories[0].bars()[100].date) };
    let cancel = Cancel::new();
    assert!(matches!(compare(compared, compared, &[], 60, &cancel), Err(PromotionError::NoHistory)));
    let twice = [histories[0].clone(), histories[0].clone()];
    assert_eq!(
        compare(compared, compared, &twice, 60, &cancel).unwrap().pairs,
        60,
        "of two histories of a symbol one counts"
    );
    cancel.cancel();
    assert!(matches!(compare(compared, compared, &histories, 60, &cancel), Err(PromotionError::Cancelled)));
}
