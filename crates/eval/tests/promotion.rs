//! The evidence for a promotion: models whose scores are known beforehand, and what they are shown.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{ops::Range, sync::Mutex};

use chrono::NaiveDate;
use closecast_domain::{
    Bar, Cancel, Forecast, ForecastError, Forecaster, History, ModelRef, Predict, Quantile, Seen, SessionForecast,
    Silent,
};
use closecast_eval::{
    EwmaT, VENTILES,
    promotion::{Evidence, LEAST_SESSIONS, PromotionError, RECENT_SESSIONS, Rival, Verdict, compare},
};
use closecast_testkit::histories::{from_returns, random_walk};
use proptest::prelude::*;

/// Size of the returns of [`swinging`].
const STEP: f64 = 0.01;

/// Returns a symbol that rises and falls by [`STEP`] in turns.
fn swinging(symbol: &str, days: usize) -> History {
    let returns: Vec<f64> = (0..days).map(|day| if day % 2 == 0 { STEP } else { -STEP }).collect();
    from_returns(symbol, &returns)
}

/// Forecasts that the last move is taken back by a share of it, with certainty: on [`swinging`] its CRPS and its absolute error are
/// both `(1 − share) · STEP` every day.
#[derive(Clone, Copy)]
struct TakesBack(f64);

fn forecast(history: &History, log_return: f64) -> Forecast {
    let last = history.last();
    let price = last.raw_close * log_return.exp();
    Forecast {
        symbol: history.symbol().clone(),
        as_of: last.date,
        last_close: last.raw_close,
        currency: None,
        model: ModelRef { name: "test".to_owned(), sha256: String::new() },
        sessions: vec![SessionForecast {
            date: history.calendar().next_session(last.date),
            point: price,
            quantiles: VENTILES.iter().map(|&level| Quantile { level, price }).collect(),
        }],
    }
}

impl Predict for TakesBack {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let last = history.log_returns().last().copied().unwrap_or_default();
        Ok(forecast(history, -self.0 * last))
    }
}

/// Cannot forecast some symbols.
struct Refuses<P>(P, &'static [&'static str]);

impl<P: Predict> Predict for Refuses<P> {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        if self.1.contains(&history.symbol().as_str()) {
            return Err(ForecastError::Unsuitable("not this one".to_owned()));
        }
        self.0.predict(history)
    }
}

fn seen(date: NaiveDate) -> Seen {
    Seen { weights: date, intervals: date }
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
    let rival = |model| Rival { model, name: &name, seen: seen(dates[dates.len() - 1 - unseen]) };
    compare(rival(champion), rival(challenger), histories, RECENT_SESSIONS, &Cancel::new()).unwrap()
}

fn close(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() < 1e-12)
}

#[test]
fn a_better_challenger_is_promoted_with_the_figures_it_should_have() {
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
    assert_eq!(found.symbols.iter().map(|symbol| symbol.as_str()).collect::<Vec<_>>(), ["AAA", "BBB"]);
    assert!(found.notes.is_empty() && found.champion.refusals.is_empty());
}

#[test]
fn a_worse_challenger_is_not_and_an_equal_one_is() {
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
fn a_difference_that_could_be_luck_has_a_p_value_that_says_so() {
    let histories = [random_walk("AAA", 400, 5), random_walk("BBB", 400, 6)];
    let found = evidence(&TakesBack(0.0), &TakesBack(0.02), &histories, 200);
    assert!(found.crps_p_value.unwrap() > 0.01 && found.mae_p_value.unwrap() > 0.01);
    let clear = evidence(&TakesBack(0.0), &TakesBack(3.0), &histories, 200);
    assert!(clear.crps_p_value.unwrap() < 0.001 && matches!(clear.verdict, Verdict::Keep { .. }));
}

#[test]
fn too_few_unseen_sessions_decide_nothing() {
    let histories = [swinging("AAA", 300)];
    for unseen in [0, 1, LEAST_SESSIONS - 1] {
        let found = evidence(&TakesBack(0.2), &TakesBack(0.6), &histories, unseen);
        assert_eq!(found.sessions, unseen);
        let reason = found.verdict.reason().unwrap();
        assert!(matches!(found.verdict, Verdict::Insufficient { .. }));
        assert!(reason.contains(&format!("wait for {} more", LEAST_SESSIONS - unseen)) && reason.contains("--force"));
    }
    let enough = evidence(&TakesBack(0.2), &TakesBack(0.6), &histories, LEAST_SESSIONS);
    assert_eq!(enough.verdict, Verdict::Promote);
}

#[test]
fn who_refuses_a_history_is_worse_than_who_does_not() {
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

/// Forecasts something that is no price.
struct Broken(f64);

impl Predict for Broken {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        Ok(forecast(history, self.0))
    }
}

#[test]
fn a_forecast_that_is_no_price_is_no_forecast() {
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

/// Needs a long past.
struct Needs(usize);

impl Predict for Needs {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        if history.len() < self.0 {
            let (symbol, have) = (history.symbol().clone(), history.len());
            return Err(ForecastError::TooShort { symbol, have, need: self.0 });
        }
        Ok(forecast(history, 0.0))
    }
}

#[test]
fn a_young_symbol_is_compared_from_the_day_on_that_both_models_can_forecast() {
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

/// Reads the next close where it is given more than it should read.
struct Peeks;

impl Predict for Peeks {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        Ok(forecast(history, 0.0))
    }

    fn predict_each(&self, history: &History, origins: Range<usize>) -> Result<Vec<Forecast>, ForecastError> {
        let bars = history.bars();
        let peek = |origin: usize| {
            let next = bars.get(origin + 1).map_or(0.0, |next| (next.close / bars[origin].close).ln());
            history.first_bars(origin + 1).map(|cut| forecast(&cut, next))
        };
        origins.map(|origin| peek(origin).map_err(|error| ForecastError::Unsuitable(error.to_string()))).collect()
    }
}

#[test]
fn a_model_that_peeks_wins_nothing() {
    let histories = [swinging("AAA", 300)];
    let found = evidence(&TakesBack(0.2), &Peeks, &histories, 200);
    let reason = found.verdict.reason().unwrap();
    assert!(
        matches!(found.verdict, Verdict::Keep { .. }) && reason.contains("the days after it are taken away"),
        "{reason}"
    );
    assert_eq!(evidence(&Peeks, &TakesBack(0.2), &histories, 200).verdict, Verdict::Promote);
}

/// Fits itself anew to all that it is shown, and notes what it forecast on each evening.
#[derive(Default)]
struct Noting(Mutex<Vec<(NaiveDate, Forecast)>>);

impl Predict for Noting {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let made = EwmaT { horizon: 1 }.fit(history, &Cancel::new(), &Silent)?.predict(history)?;
        self.0.lock().unwrap().push((history.last().date, made.clone()));
        Ok(made)
    }
}

fn noted(history: &History) -> [Vec<(NaiveDate, Forecast)>; 2] {
    let (champion, challenger) = (Noting::default(), Noting::default());
    evidence(&champion, &challenger, std::slice::from_ref(history), 80);
    [champion, challenger].map(|model| {
        let mut notes = model.0.into_inner().unwrap();
        notes.sort_by_key(|(date, _)| *date);
        notes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_forecast_knows_a_later_day_and_both_models_are_shown_the_same(
        seed in 0_u64..1000, from in 200_usize..260, factor in 0.2_f64..5.0,
    ) {
        let history = random_walk("AAA", 260, seed);
        let mut bars = history.bars().to_vec();
        for bar in &mut bars[from..] {
            for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close, &mut bar.raw_close] {
                *price *= factor;
            }
        }
        let changed = History::from_checked(history.symbol().clone(), None, bars).unwrap();
        let [champion, challenger] = noted(&history);
        prop_assert_eq!(&champion, &challenger);
        prop_assert!(champion.iter().all(|(date, _)| *date < history.last().date), "the newest close is forecast, never shown");
        let until = history.bars()[from].date;
        let before = |notes: &[(NaiveDate, Forecast)]| -> Vec<_> {
            let early = notes.iter().filter(|(date, _)| *date < until);
            early.map(|(date, made)| (*date, made.sessions.clone())).collect()
        };
        let [changed, _] = noted(&changed);
        prop_assert_eq!(before(&champion).len(), from - 199);
        prop_assert_eq!(before(&champion), before(&changed));
    }

    #[test]
    fn the_unit_of_the_prices_does_not_matter(seed in 0_u64..1000, power in -3_i32..4) {
        let (one, other) = (random_walk("AAA", 260, seed), random_walk("BBB", 260, seed + 1));
        let unit = 8.0_f64.powi(power);
        let scaled = |bar: &Bar| Bar {
            open: bar.open * unit,
            high: bar.high * unit,
            low: bar.low * unit,
            close: bar.close * unit,
            raw_close: bar.raw_close * unit,
            ..*bar
        };
        let in_cents = other.bars().iter().map(scaled).collect();
        let in_cents = History::from_checked(other.symbol().clone(), None, in_cents).unwrap();
        let plain = evidence(&TakesBack(0.1), &TakesBack(0.3), &[one.clone(), other], 100);
        let in_cents = evidence(&TakesBack(0.1), &TakesBack(0.3), &[one, in_cents], 100);
        // A power of two changes no bit of a return.
        prop_assert_eq!(plain, in_cents);
    }
}

#[test]
fn evidence_is_kept_as_json_and_read_back_the_same() {
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
fn nothing_to_compare_on_and_a_cancelled_comparison_are_errors() {
    let histories = [swinging("AAA", 300)];
    let name = ModelRef { name: "AAA".to_owned(), sha256: String::new() };
    let rival = Rival { model: &TakesBack(0.0), name: &name, seen: seen(histories[0].bars()[100].date) };
    let cancel = Cancel::new();
    assert!(matches!(compare(rival, rival, &[], 60, &cancel), Err(PromotionError::NoHistory)));
    let twice = [histories[0].clone(), histories[0].clone()];
    assert_eq!(
        compare(rival, rival, &twice, 60, &cancel).unwrap().pairs,
        60,
        "of two histories of a symbol one counts"
    );
    cancel.cancel();
    assert!(matches!(compare(rival, rival, &histories, 60, &cancel), Err(PromotionError::Cancelled)));
}
