//! Models of one symbol that begin as BASE.

use closecast_domain::{Cancel, Card, DateRange, ForecastError, History, NoProgress, PanelForecaster, Predict};
use closecast_model::{BaseForecaster, BaseModel, BaseSpec, FineTunedForecaster};
use closecast_testkit::{
    histories::{from_returns, random_walk},
    random::SplitMix64,
};

use crate::{bits, description, fit, in_market, small, weights};

fn fine_tune(base: &BaseModel, history: &History) -> Result<BaseModel, ForecastError> {
    base.fine_tune(history, &small().check().unwrap(), (&Cancel::new(), &NoProgress))
}

/// Returns a symbol whose volatility comes and goes: every other day it hardly moves.
fn alternating(days: usize) -> History {
    let mut random = SplitMix64::new(5);
    let size = |day: usize| if day.is_multiple_of(2) { 0.002 } else { 0.03 };
    from_returns("ODD", &(0..days).map(|day| size(day) * random.normal()).collect::<Vec<_>>())
}

#[test]
fn helpful_fine_tuning_is_kept_and_recorded_in_the_card() {
    let (base, _) = in_market();
    let history = alternating(500);
    let mut tuned = fine_tune(&base, &history).unwrap();
    let card = tuned.card().clone();
    assert!(card.epochs > 0, "a symbol unlike all others is worth learning");
    assert_ne!(weights(&base), weights(&tuned));
    assert_eq!((card.name.as_str(), card.fine_tuned_for.as_ref()), ("ODD", Some(history.symbol())));
    let learned_until = history.bars()[history.len() - 41].date;
    assert_eq!(card.trained_on.end, learned_until, "the newest 40 sessions are left out");
    assert_eq!(description(&tuned)["known_until"], learned_until.to_string().as_str());
    let calibrated_on = DateRange { start: history.bars()[history.len() - 40].date, end: history.last().date };
    assert_eq!(card.calibrated_on, Some(calibrated_on), "the intervals are calibrated on them");
    let chosen_on = card.passes_chosen_on.unwrap();
    assert_eq!(chosen_on.end, learned_until);
    // 460 sessions are learned from: the first window ends on the 65th, the last two reach their targets; a fifth of 394.
    assert_eq!(chosen_on.start, history.bars()[460 - 2 - 394 / 5 + 1].date);
    assert_eq!(card.coverage.map(|coverage| (coverage.days, coverage.forecasts)), Some((40, 40)));
    assert_ne!(card.data_fingerprint, base.card().data_fingerprint);
    assert_ne!(description(&tuned)["factors"], description(&base)["factors"]);
    let bytes = tuned.to_bytes().unwrap();
    let served = BaseModel::from_bytes(&bytes).unwrap();
    let (a, b) = (tuned.predict(&history).unwrap(), served.predict(&history).unwrap());
    assert_eq!(bits(&a), bits(&b));
    assert_eq!(b.model.name, "ODD");
    assert_eq!(fine_tune(&base, &history).unwrap().to_bytes().unwrap(), bytes, "the same seed gives the same bits");
}

#[test]
fn base_is_kept_when_fine_tuning_does_not_help() {
    // BASE has learned much of this walk already, with targets that nothing explains; a tiny validation decides.
    let kept = (0..12).find_map(|seed| {
        let history = random_walk("CHANCE", 170, seed);
        let base = fit(BaseSpec { epochs: 60, ..small() }, std::slice::from_ref(&history));
        let tuned = fine_tune(&base, &history).unwrap();
        (tuned.card().epochs == 0).then_some((base, tuned, history))
    });
    let (base, tuned, history) = kept.unwrap();
    assert_eq!(weights(&base), weights(&tuned));
    let (a, b) = (base.predict(&history).unwrap(), tuned.predict(&history).unwrap());
    assert_eq!(bits(&a), bits(&b), "it forecasts what BASE does");
    let (of_base, card) = (base.card(), tuned.card());
    assert_eq!((card.trained_on, &card.coverage), (of_base.trained_on, &of_base.coverage));
    assert_eq!(card.fine_tuned_for.as_ref(), Some(history.symbol()));
    // It was decided on days that BASE had not learned from, or had: either way they are no longer new to it.
    let decided_until = history.bars()[history.len() - 41].date;
    assert_eq!(card.passes_chosen_on.map(|range| range.end), Some(decided_until));
    assert!(Card::from(card.clone()).training_cutoff(&[]).weights >= decided_until);
}

#[test]
fn no_weight_is_trained_on_the_newest_sessions() {
    let (base, _) = in_market();
    let history = alternating(400);
    let mut bars = history.bars().to_vec();
    bars[360..].iter_mut().for_each(|bar| bar.close = (bar.high * bar.low).sqrt());
    let other = History::from_checked(history.symbol().clone(), None, bars).unwrap();
    let (tuned, changed) = (fine_tune(&base, &history).unwrap(), fine_tune(&base, &other).unwrap());
    assert!(tuned.card().epochs > 0);
    assert_eq!(weights(&tuned), weights(&changed));
}

#[test]
fn short_history_is_refused_with_a_sufficient_number_of_sessions() {
    for horizon in [1, 2, 5, 8] {
        let (_, histories) = in_market();
        let base = fit(BaseSpec { horizon, ..small() }, &histories);
        let ForecastError::TooShort { have: 100, need, .. } = fine_tune(&base, &alternating(100)).unwrap_err() else {
            panic!("it is too short")
        };
        // Windows whose targets end before the newest 40 sessions; the first one ends on the 65th. A fifth decides, and the
        // targets of the others end before it.
        let windows_of = |sessions: usize| sessions - 40 - horizon - 64;
        let suffice = |windows: usize| windows / 5 > 0 && windows - windows / 5 > horizon;
        assert!(suffice(windows_of(need)) && !suffice(windows_of(need - 1)), "{need} for {horizon}");
        fine_tune(&base, &alternating(need)).unwrap();
        let error = fine_tune(&base, &alternating(need - 1)).unwrap_err();
        assert!(matches!(error, ForecastError::TooShort { need: again, .. } if again == need), "{error}");
    }
}

#[test]
fn each_symbol_has_its_own_model_and_short_histories_use_base() {
    let (_, mut histories) = in_market();
    let short = random_walk("SHORT", 80, 3);
    histories.push(alternating(400));
    histories.push(short.clone());
    let forecaster = FineTunedForecaster::new(BaseForecaster::new(small().check().unwrap()).threads(Some(1)));
    let model = forecaster.fit_panel(&histories, &Cancel::new(), &NoProgress).unwrap();
    let base = fit(small(), &histories);
    assert_eq!(bits(&model.predict(&short).unwrap()), bits(&base.predict(&short).unwrap()));
    let odd = &histories[histories.len() - 2];
    assert_ne!(bits(&model.predict(odd).unwrap()), bits(&base.predict(odd).unwrap()));
}

#[test]
fn cancelling_stops_fine_tuning() {
    let (base, histories) = in_market();
    let cancel = Cancel::new();
    cancel.cancel();
    let error = base.fine_tune(&histories[0], &small().check().unwrap(), (&cancel, &NoProgress)).unwrap_err();
    assert!(matches!(error, ForecastError::Cancelled));
}
