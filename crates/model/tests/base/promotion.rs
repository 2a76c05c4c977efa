//! BASE beside BASE, on days that neither has learned from.

use closecast_domain::{Cancel, Card, History, ModelRef, Predict};
use closecast_eval::promotion::{ComparedModel, Evidence, Verdict, compare};
use closecast_model::{BaseModel, BaseSpec, with_markets};

use crate::{fit, small, symbols};

/// The symbols that are promoted for.
const SERVED: usize = 3;

/// Returns the models of the first 150 sessions, the challenger trained for longer, with 30 more days to calibrate on.
fn models() -> [BaseModel; 2] {
    let early: Vec<History> = symbols().iter().map(|history| history.first_bars(150).unwrap()).collect();
    let early = with_markets(early);
    let champion = BaseSpec { calibration_days: 30, ..small() };
    let challenger = BaseSpec { epochs: 4, seed: 43, ..champion.clone() };
    [fit(champion, &early), fit(challenger, &early)]
}

fn evidence([champion, challenger]: &[BaseModel; 2], histories: &[History]) -> Evidence {
    let name = ModelRef { name: "BASE".to_owned(), sha256: String::new() };
    let seen = |model: &BaseModel| Card::from(model.card().clone()).training_cutoff(histories);
    let champion = ComparedModel { model: champion, name: &name, seen: seen(champion) };
    let challenger = ComparedModel { model: challenger, name: &name, seen: seen(challenger) };
    compare(champion, challenger, &histories[..SERVED], 60, &Cancel::new()).unwrap()
}

#[test]
fn compared_days_come_after_training_and_calibration_of_both() {
    let models = models();
    let histories = with_markets(symbols());
    let found = evidence(&models, &histories);
    let calibrated_until = models[0].card().calibrated_on.unwrap().end;
    assert_eq!(calibrated_until, histories[0].bars()[149].date);
    assert_eq!(found.days.unwrap().start, histories[0].bars()[160].date, "the newest 60 of 70 sessions");
    assert_eq!((found.sessions, found.pairs), (60, 60 + 57 + 54), "one of them ends 3 sessions earlier, one 6");
    assert!(found.notes.is_empty() && found.champion.figures.unwrap().crps.is_some(), "{found:?}");
    // Where only 19 sessions came after the calibration, its days are compared too, and the evidence says so.
    let cut: Vec<History> = symbols().iter().map(|history| history.first_bars(169).unwrap()).collect();
    let found = evidence(&models, &with_markets(cut));
    assert_eq!(found.days.unwrap().start, histories[0].bars()[120].date);
    assert!(found.notes[0].contains("only 19 sessions"), "{:?}", found.notes);
    assert!(!matches!(found.verdict, Verdict::Insufficient { .. }));
}

/// A market computed with later days at hand, and one computed without them, give the same evidence to the bit.
#[test]
fn market_features_do_not_depend_on_later_days() {
    let models = models();
    let all = with_markets(symbols());
    let last = all[0].bars()[188].date;
    let cut = |histories: &[History]| -> Vec<History> {
        histories.iter().map(|history| history.between(None, Some(last)).unwrap()).collect()
    };
    let with_later_days = evidence(&models, &cut(&all));
    let without = evidence(&models, &with_markets(cut(&symbols())));
    assert_eq!(with_later_days, without);
    let alone = evidence(&models, &cut(&symbols()));
    assert_ne!(alone, without, "the market matters");
}

#[test]
fn equal_model_is_promoted_and_one_with_wide_intervals_is_not() {
    let [champion, _] = models();
    let histories = with_markets(symbols());
    let same = evidence(&[champion.clone(), champion.clone()], &histories);
    assert_eq!((same.verdict, same.crps.challenger_to_champion), (Verdict::Promote, Some(1.0)));
    let name = ModelRef { name: "BASE".to_owned(), sha256: String::new() };
    let seen = Card::from(champion.card().clone()).training_cutoff(&histories);
    let wide = Wider(champion.clone());
    let found = compare(
        ComparedModel { model: &champion, name: &name, seen },
        ComparedModel { model: &wide, name: &name, seen },
        &histories[..SERVED],
        60,
        &Cancel::new(),
    )
    .unwrap();
    assert!(
        found.crps.challenger_to_champion.unwrap() > 1.1 && found.mae.challenger_to_champion == Some(1.0),
        "{found:?}"
    );
    assert!(matches!(found.verdict, Verdict::Keep { .. }));
    assert!(found.challenger.figures.unwrap().coverage_90 > found.champion.figures.unwrap().coverage_90);
}

/// BASE with intervals three times as wide.
struct Wider(BaseModel);

impl Predict for Wider {
    fn predict(&self, history: &History) -> Result<closecast_domain::Forecast, closecast_domain::ForecastError> {
        let mut made = self.0.predict(history)?;
        for session in &mut made.sessions {
            let point = session.point;
            session.quantiles.iter_mut().for_each(|quantile| quantile.price = point * (quantile.price / point).powi(3));
        }
        Ok(made)
    }
}
