//! Intervals that follow what came since the training.

use closecast_domain::{History, Predict};
use closecast_model::{BaseModel, BaseSpec};
use closecast_testkit::{
    histories::{from_returns, random_walk},
    random::SplitMix64,
};

use crate::{description, fit, small};

const TRAINED: usize = 260;
const AFTER: usize = 240;

/// Returns a symbol whose volatility is 0.2 % a day while BASE learns and then grows by 1.5 % a day: faster than any
/// measure of the past can follow.
fn restless(seed: u64) -> History {
    let mut random = SplitMix64::new(seed);
    let size = |day: usize| 0.002 * (0.015 * day.saturating_sub(TRAINED) as f64).exp();
    from_returns(&format!("R{seed}"), &(0..TRAINED + AFTER).map(|day| size(day) * random.normal()).collect::<Vec<_>>())
}

/// Returns the model that takes all days for known: what came says nothing to it.
fn without_adaptation(model: &BaseModel) -> BaseModel {
    let known_until = description(model)["known_until"].as_str().unwrap().to_owned();
    let bytes = model.clone().to_bytes().unwrap();
    let name = br#"\"known_until\":\""#;
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap() + name.len();
    assert_eq!(&bytes[at..at + known_until.len()], known_until.as_bytes());
    let mut changed = bytes;
    changed[at..at + 4].copy_from_slice(b"2099");
    BaseModel::from_bytes(&changed).unwrap()
}

/// Returns the share of the next closes of the last 100 days inside the 90 % interval.
fn coverage(model: &BaseModel, histories: &[History]) -> f64 {
    let hits = |history: &History| {
        let first = history.len() - 101;
        let forecasts = model.predict_each(history, first..history.len() - 1).unwrap();
        let closes = &history.bars()[first + 1..];
        let inside = forecasts.iter().zip(closes).filter(|(forecast, bar)| {
            let (lower, upper) = forecast.sessions[0].interval(0.9).unwrap();
            (lower..=upper).contains(&bar.raw_close)
        });
        inside.count()
    };
    histories.iter().map(hits).sum::<usize>() as f64 / (100 * histories.len()) as f64
}

#[test]
fn coverage_recovers_after_a_break() {
    let histories: Vec<History> = (0..12).map(|seed| restless(1000 + seed)).collect();
    let known: Vec<History> = histories.iter().map(|history| history.first_bars(TRAINED).unwrap()).collect();
    let model = fit(BaseSpec { horizon: 1, ..small() }, &known);
    let (still, adapted) = (coverage(&without_adaptation(&model), &histories), coverage(&model, &histories));
    // 1200 closes: a standard error of 1 %.
    assert!(still < 0.86, "the break must hurt: {still}");
    assert!(adapted - still > 0.02 && (adapted - 0.9).abs() < (still - 0.9).abs(), "{still} to {adapted}");
}

#[test]
fn forecast_does_not_depend_on_later_closes() {
    let (model, _) = crate::in_market();
    let history = random_walk("S0", 260, 100);
    let other = History::from_checked(history.symbol().clone(), None, {
        let mut bars = history.bars().to_vec();
        bars[251..].iter_mut().for_each(|bar| bar.close *= 1.5);
        bars
    });
    let (from, to) = (200, 251);
    let known = model.predict_each(&history, from..to).unwrap();
    let changed = model.predict_each(&other.unwrap(), from..to).unwrap();
    assert!(known.iter().zip(&changed).all(|(a, b)| crate::bits(a) == crate::bits(b)));
}
