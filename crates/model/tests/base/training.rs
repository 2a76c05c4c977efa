//! What the weights are trained on, and that the same input gives the same bits.

use closecast_domain::{Bar, Cancel, ForecastError, History, NoProgress, Progress, ProgressSink};
use closecast_model::{BaseForecaster, BaseSpec, Head, with_markets};
use closecast_testkit::histories::random_walk;

use crate::{bits, description, fit, small, symbols, weights};

/// Returns the histories with other bars from `start` on.
fn changed_from(histories: &[History], start: chrono::NaiveDate) -> Vec<History> {
    let change = |(day, bar): (usize, &Bar)| {
        let factor = if bar.date < start { 1.0 } else { 1.0 + 0.03 * (day % 3) as f64 };
        let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(|price| price * factor);
        Bar { open, high, low, close, raw_close: close, ..*bar }
    };
    let history = |history: &History| {
        let bars = history.bars().iter().enumerate().map(change).collect();
        History::from_checked(history.symbol().clone(), None, bars).unwrap()
    };
    histories.iter().map(history).collect()
}

#[test]
fn no_weight_is_trained_on_the_calibration_part() {
    let histories = symbols();
    let model = fit(small(), &with_markets(histories.clone()));
    let card = model.card();
    let newest = &histories[0];
    let start = newest.bars()[newest.len() - 40].date;
    let calibrated = card.calibrated_on.unwrap();
    assert_eq!((calibrated.start, calibrated.end), (start, newest.last().date), "the newest 40 sessions");
    assert_eq!(card.trained_on.end, newest.bars()[newest.len() - 41].date);
    assert_eq!(card.coverage.as_ref().unwrap().days, 40);
    assert!(card.coverage.as_ref().unwrap().at(0.9).unwrap() > 0.7);

    let other = fit(small(), &with_markets(changed_from(&histories, start)));
    assert_eq!(weights(&model), weights(&other));
    let (known, found) = (description(&model), description(&other));
    assert_eq!(known["inputs"], found["inputs"], "nor are the scalers fitted on it");
    assert_ne!(known["factors"], found["factors"], "the intervals are");
    let earlier = newest.bars()[newest.len() - 42].date;
    let earlier = fit(small(), &with_markets(changed_from(&histories, earlier)));
    assert_ne!(weights(&model), weights(&earlier), "what lies before it is learned from");
}

#[test]
fn training_without_calibration_days_uses_all_days_and_reports_no_coverage() {
    let histories = symbols();
    let model = fit(BaseSpec { calibration_days: 0, ..small() }, &histories);
    assert_eq!(model.card().trained_on.end, histories[0].last().date);
    assert_eq!((model.card().calibrated_on, model.card().coverage.clone()), (None, None));
    let factors = description(&model)["factors"].clone();
    assert!(factors.as_array().unwrap().iter().flat_map(|f| f.as_array().unwrap()).all(|factor| factor == 1.0));
}

#[test]
fn card_describes_the_training_data() {
    let mut histories = with_markets(symbols());
    histories.push(random_walk("SHORT", 50, 1));
    let sources = "made up for this test";
    let forecaster = BaseForecaster::new(small().check().unwrap()).threads(Some(1)).sources(sources);
    let model = forecaster.fit_base(&histories, &Cancel::new(), &NoProgress).unwrap();
    let card = model.card();
    assert_eq!((card.name.as_str(), card.symbols, card.sources.as_str()), ("BASE", 9, sources));
    assert_eq!((card.lookback, card.horizon, card.members, card.epochs, card.seed), (5, 2, 1, 1, 42));
    assert!(card.features.contains(&"echo_13_weeks".to_owned()) && card.market_features.contains(&"roc_20".to_owned()));
    assert!(card.fine_tuned_for.is_none());
}

#[test]
fn result_depends_on_the_seed_and_not_on_threads() {
    let histories = with_markets(symbols());
    for head in [Head::Spread, Head::StudentT, Head::Quantiles] {
        let of = |threads, seed| {
            let spec = BaseSpec { seed, head, ..small() }.check().unwrap();
            let forecaster = BaseForecaster::new(spec).threads(Some(threads));
            forecaster.fit_base(&histories, &Cancel::new(), &NoProgress).unwrap()
        };
        let one = of(1, 42);
        assert_eq!(one.clone().to_bytes().unwrap(), of(2, 42).to_bytes().unwrap(), "{head:?}");
        assert_ne!(weights(&one), weights(&of(1, 43)));
    }
}

#[test]
fn ensemble_averages_its_members() {
    use closecast_domain::Predict;
    let histories = with_markets(symbols());
    let both = fit(BaseSpec { members: 2, ..small() }, &histories);
    let (first, second) = (fit(small(), &histories), fit(BaseSpec { seed: 43, ..small() }, &histories));
    assert_eq!(weights(&both), [weights(&first), weights(&second)].concat(), "each is trained as if it were alone");
    assert_eq!((both.card().members, both.card().parameters), (2, first.card().parameters));
    let forecasts = [&both, &first, &second].map(|model| model.predict(&histories[0]).unwrap());
    assert!(bits(&forecasts[0]) != bits(&forecasts[1]) && bits(&forecasts[0]) != bits(&forecasts[2]));
}

/// Cancels after the third batch it hears of.
struct CancelAfterThree<'a>(&'a Cancel, std::sync::atomic::AtomicUsize);

impl ProgressSink for CancelAfterThree<'_> {
    fn report(&self, progress: &Progress) {
        let heard = || self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if matches!(progress, Progress::Batch { .. }) && heard() == 2 {
            self.0.cancel();
        }
    }
}

#[test]
fn cancelling_stops_within_one_batch() {
    let cancel = Cancel::new();
    let sink = CancelAfterThree(&cancel, 0.into());
    let spec = BaseSpec { batch_size: 64, ..small() }.check().unwrap();
    let error = BaseForecaster::new(spec).threads(Some(1)).fit_base(&symbols(), &cancel, &sink).unwrap_err();
    assert!(matches!(error, ForecastError::Cancelled));
    assert_eq!(sink.1.into_inner(), 3);
}

#[test]
fn unusable_input_is_refused_with_the_reason() {
    let refused = |spec: BaseSpec, histories: &[History]| {
        BaseForecaster::new(spec.check().unwrap())
            .fit_base(histories, &Cancel::new(), &NoProgress)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(small(), &[]).contains("no history"));
    let short = refused(small(), &[random_walk("A", 60, 1)]);
    assert!(short.contains("no history has the 68 sessions"), "{short}");
    let out_of_range = |spec: BaseSpec| spec.check().unwrap_err().to_string();
    assert!(out_of_range(BaseSpec { members: 0, ..small() }).contains("members"));
    assert!(out_of_range(BaseSpec { learning_rate: f64::NAN, ..small() }).contains("learning_rate"));
    let enough = BaseSpec { calibration_days: 0, ..small() };
    fit(enough, &[random_walk("A", 68, 1)]);
}
