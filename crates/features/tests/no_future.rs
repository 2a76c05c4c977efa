//! Nothing dated on or before a day may change when a bar after that day does.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its builders too")]

use closecast_domain::{Bar, History};
use closecast_features::{
    FeatureKind, FeatureSet, Scaler, ScalerKind, TargetKind, Targets, Windows, indicators::returns::log_returns,
};
use closecast_testkit::{histories::random_walk, random::SplitMix64};
use proptest::prelude::*;

/// Whatever is computed from a history, as bits, one list a day.
type Dated = Vec<Vec<u64>>;

/// Returns the first day up to `day` on which `compute` gives other bits for one of the `futures`: histories that are
/// the same up to `day` and differ after it. `None` when it never looks ahead.
fn first_look_ahead(
    history: &History,
    futures: &[History],
    day: usize,
    compute: &dyn Fn(&History) -> Dated,
) -> Option<usize> {
    let known = compute(history);
    futures
        .iter()
        .filter_map(|future| {
            assert_eq!(history.bars()[..=day], future.bars()[..=day], "the futures must share the past");
            let other = compute(future);
            (0..=day).find(|&earlier| known.get(earlier) != other.get(earlier))
        })
        .min()
}

/// Returns histories that are the same up to `day`: cut there, one bar changed, all bars changed, bars missing, bars
/// wild.
fn futures(history: &History, day: usize, seed: u64) -> Vec<History> {
    let mut random = SplitMix64::new(seed);
    let bars = history.bars();
    let one = day + 1 + (random.uniform() * (bars.len() - day - 1) as f64) as usize;
    let mut changes: Vec<Vec<Bar>> = vec![bars[..=day].to_vec(), bars.to_vec(), bars.to_vec(), bars.to_vec()];
    changes[1][one] = perturbed(&bars[one], &mut random, 0.5);
    for index in day + 1..bars.len() {
        changes[2][index] = perturbed(&bars[index], &mut random, 0.02);
        changes[3][index] = perturbed(&bars[index], &mut random, 3.0);
    }
    let missing = bars.iter().enumerate().filter(|(index, _)| *index <= day || random.uniform() < 0.6);
    changes.push(missing.map(|(_, bar)| *bar).collect());
    let build = |bars| History::from_checked(history.symbol().clone(), None, bars).unwrap();
    changes.into_iter().map(build).collect()
}

/// Returns a valid bar of the same date with other prices; one in five is flat, one in five without volume.
fn perturbed(bar: &Bar, random: &mut SplitMix64, size: f64) -> Bar {
    let mut price = || bar.close * (size * random.normal()).exp();
    let (open, close, third, fourth) = (price(), price(), price(), price());
    let volume = if random.uniform() < 0.2 { 0.0 } else { bar.volume * (size * random.normal()).exp() };
    let prices = if random.uniform() < 0.2 { [close; 4] } else { [open, close, third, fourth] };
    let high = prices.into_iter().fold(f64::MIN, f64::max);
    let low = prices.into_iter().fold(f64::MAX, f64::min);
    Bar { date: bar.date, open: prices[0], high, low, close: prices[1], raw_close: prices[1], volume }
}

/// Returns the features of `set` day by day; nothing when the history is too short for them.
fn features_of(set: &FeatureSet) -> impl Fn(&History) -> Dated {
    let set = set.clone();
    move |history| {
        let Ok(features) = set.compute(history) else { return vec![Vec::new(); history.len()] };
        let row = |day| features.row(day).unwrap().iter().map(|value| u64::from(value.to_bits())).collect();
        (0..history.len()).map(row).collect()
    }
}

/// Returns the σ of each day, what a target of 1 unscales to there, and the targets that have come true by that day.
fn targets_of(kind: TargetKind, horizon: usize) -> impl Fn(&History) -> Dated {
    move |history| {
        let Ok(targets) = Targets::compute(kind, history, horizon) else { return vec![Vec::new(); history.len()] };
        let on = |day: usize| {
            let mut known = vec![targets.sigma(day).map_or(0, f64::to_bits)];
            known.extend((1..=horizon).map(|step| targets.unscale(day, step, 1.0).map_or(0, f64::to_bits)));
            let settled = (1..=horizon).filter_map(|step| targets.get(day.checked_sub(step)?, step));
            known.extend(settled.map(|value| u64::from(value.to_bits())));
            known
        };
        (0..history.len()).map(on).collect()
    }
}

/// Returns the scaled windows of origins after the train part, with scaler and train part fixed by the first `train`
/// days.
fn scaled_windows(train: usize) -> impl Fn(&History) -> Dated {
    move |history| {
        let features = FeatureSet::standard().compute(history).unwrap();
        let rows = features.first_valid()..train;
        let scaled = Scaler::new(ScalerKind::Standard).fit(&features, rows).unwrap().transform(&features).unwrap();
        let windows = Windows::new(&scaled, 10).unwrap();
        let on = |day| windows.window(day).map_or(Vec::new(), |w| w.iter().map(|v| u64::from(v.to_bits())).collect());
        (0..history.len()).map(on).collect()
    }
}

fn bits(column: Vec<f64>) -> Dated {
    column.into_iter().map(|value| vec![value.to_bits()]).collect()
}

fn closes(history: &History) -> Vec<f64> {
    history.bars().iter().map(|bar| bar.close).collect()
}

const SYMBOLS: [&str; 4] = ["AAPL", "PETR4.SA", "BTC-USD", "VOD.L"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn features_do_not_depend_on_later_bars(seed: u64, day in 0_usize..319, symbol in 0_usize..4) {
        // Longer than a year, which is the span of the longest features.
        let history = random_walk(SYMBOLS[symbol], 320, seed);
        let futures = futures(&history, day, seed);
        for &kind in FeatureKind::ALL {
            let set = FeatureSet::new(vec![kind]).unwrap();
            // Too short a cut has no features at all, and so cannot be compared.
            let from = usize::from(day < set.warm_up());
            let seen = first_look_ahead(&history, &futures[from..], day, &features_of(&set));
            prop_assert_eq!(seen, None, "{} of day {:?} changed with a bar after day {}", kind, seen, day);
        }
        let set = FeatureSet::standard();
        let from = usize::from(day < set.warm_up()) * futures.len();
        prop_assert_eq!(first_look_ahead(&history, &futures[from..], day, &features_of(&set)), None);
    }

    #[test]
    fn volatility_and_known_targets_do_not_depend_on_later_bars(seed: u64, day in 20_usize..179, horizon in 1_usize..8) {
        let history = random_walk("AAPL", 180, seed);
        let futures = futures(&history, day, seed);
        for kind in [TargetKind::ScaledLogReturn, TargetKind::PriceLevel] {
            prop_assert_eq!(first_look_ahead(&history, &futures, day, &targets_of(kind, horizon)), None);
        }
    }

    #[test]
    fn scaled_windows_do_not_depend_on_later_bars(seed: u64, train in 100_usize..150, later in 0_usize..29) {
        let history = random_walk("AAPL", 180, seed);
        let day = train - 1 + later;
        let futures = futures(&history, day, seed);
        prop_assert_eq!(first_look_ahead(&history, &futures, day, &scaled_windows(train)), None);
    }

    #[test]
    fn scaler_does_not_depend_on_held_out_days(seed: u64, train in 91_usize..170) {
        let history = random_walk("AAPL", 180, seed);
        let set = FeatureSet::standard();
        let whole = set.compute(&history).unwrap();
        let past = set.compute(&history.first_bars(train).unwrap()).unwrap();
        for kind in [ScalerKind::Standard, ScalerKind::MinMax] {
            let held_out = Scaler::new(kind).fit(&whole, set.warm_up()..train).unwrap();
            let absent = Scaler::new(kind).fit(&past, set.warm_up()..train).unwrap();
            prop_assert_eq!(held_out, absent);
        }
    }

    #[test]
    fn features_of_the_first_days_are_the_first_rows(seed: u64, day in 89_usize..180) {
        let history = random_walk("AAPL", 180, seed);
        let set = FeatureSet::standard();
        let (whole, past) =
            (set.compute(&history).unwrap(), set.compute(&history.first_bars(day + 1).unwrap()).unwrap());
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let length = past.as_slice().len();
        prop_assert_eq!(bits(past.as_slice()), bits(&whole.as_slice()[..length]));
        prop_assert_eq!(past.dates(), &whole.dates()[..=day]);
    }
}

#[test]
fn check_finds_planted_look_ahead() {
    let history = random_walk("AAPL", 180, 3);
    let day = 120;
    let futures = futures(&history, day, 3);
    let seen = |compute: &dyn Fn(&History) -> Dated| first_look_ahead(&history, &futures, day, compute);

    let centred_average = |history: &History| {
        let closes = closes(history);
        let mean = |day: usize| {
            let window = &closes[day.saturating_sub(2)..(day + 3).min(closes.len())];
            window.iter().sum::<f64>() / window.len() as f64
        };
        bits((0..closes.len()).map(mean).collect())
    };
    assert_eq!(
        seen(&centred_average),
        Some(day - 1),
        "two days of look-ahead are first seen on the day before the last"
    );

    let scaled_by_all_days = |history: &History| {
        let returns = log_returns(&closes(history));
        let size = (returns.iter().skip(1).map(|value| value * value).sum::<f64>() / history.len() as f64).sqrt();
        bits(returns.into_iter().map(|value| value / size).collect())
    };
    assert_eq!(seen(&scaled_by_all_days), Some(1));

    let next_days_gap = |history: &History| {
        let bars = history.bars();
        bits((0..bars.len()).map(|day| bars.get(day + 1).map_or(0.0, |next| next.open / bars[day].close)).collect())
    };
    assert_eq!(seen(&next_days_gap), Some(day));

    let days_to_next_bar = |history: &History| {
        let dates: Vec<_> = history.bars().iter().map(|bar| bar.date).collect();
        let gap = |day: usize| dates.get(day + 1).map_or(1, |&next| (next - dates[day]).num_days());
        bits((0..dates.len()).map(|day| gap(day) as f64).collect())
    };
    let missing_next = history.bars().iter().enumerate().filter(|(index, _)| *index != day + 1).map(|(_, bar)| *bar);
    let missing_next = History::from_checked(history.symbol().clone(), None, missing_next.collect()).unwrap();
    assert_eq!(first_look_ahead(&history, &[missing_next], day, &days_to_next_bar), Some(day));

    let fitted_on_everything = |history: &History| scaled_windows(history.len())(history);
    assert_eq!(seen(&fitted_on_everything), Some(98), "the first day with a window");
}
