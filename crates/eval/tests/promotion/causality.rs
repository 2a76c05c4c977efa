//! What the models are shown: the same past, nothing of the future, and in any unit.

use std::{ops::Range, sync::Mutex};

use chrono::NaiveDate;
use closecast_domain::{Bar, Cancel, Forecast, ForecastError, Forecaster, History, NoProgress, Predict};
use closecast_eval::{EwmaT, promotion::Verdict};
use closecast_testkit::histories::random_walk;
use proptest::prelude::*;

use crate::{
    evidence,
    models::{TakesBack, forecast, swinging},
};

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
fn model_with_look_ahead_is_not_promoted() {
    let histories = [swinging("AAA", 300)];
    let found = evidence(&TakesBack(0.2), &Peeks, &histories, 200);
    let reason = found.verdict.reason().unwrap();
    assert!(
        matches!(found.verdict, Verdict::Keep { .. }) && reason.contains("the days after it are removed"),
        "{reason}"
    );
    assert_eq!(evidence(&Peeks, &TakesBack(0.2), &histories, 200).verdict, Verdict::Promote);
}

/// Fits itself anew to all that it is shown, and notes what it forecast on each evening.
#[derive(Default)]
struct Noting(Mutex<Vec<(NaiveDate, Forecast)>>);

impl Predict for Noting {
    fn predict(&self, history: &History) -> Result<Forecast, ForecastError> {
        let made = EwmaT { horizon: 1 }.fit(history, &Cancel::new(), &NoProgress)?.predict(history)?;
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
        // Some evenings are forecast twice, to find models out that read on.
        notes.dedup();
        notes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn forecasts_do_not_depend_on_later_days_and_both_models_get_the_same_histories(
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
    fn evidence_does_not_depend_on_the_unit_of_the_prices(seed in 0_u64..1000, power in -3_i32..4) {
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
