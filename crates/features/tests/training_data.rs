//! Targets, splits, windows and scalers: what training is fed with.

use closecast_domain::History;
use closecast_features::{
    FeatureSet, FittedScaler, Scaler, ScalerError, ScalerKind, Split, SplitError, SplitSpec, TargetError, TargetKind,
    Targets, WindowError, Windows,
    target::{price_level, scaled_log_return},
};
use closecast_testkit::histories::{from_returns, random_walk};
use proptest::prelude::*;

fn log_return(history: &History, from: usize, to: usize) -> f64 {
    (history.bars()[to].close / history.bars()[from].close).ln()
}

#[test]
fn targets_unscale_to_the_log_returns_they_stand_for() {
    let history = random_walk("AAPL", 100, 4);
    for kind in [TargetKind::ScaledLogReturn, TargetKind::PriceLevel] {
        let targets = Targets::compute(kind, &history, 5).unwrap();
        let first = if kind == TargetKind::PriceLevel { 0 } else { 20 };
        assert_eq!(targets.known_origins(), first..95);
        for origin in targets.known_origins() {
            for step in 1..=5 {
                let y = targets.get(origin, step).unwrap();
                assert_eq!(targets.row(origin).unwrap()[step - 1].to_bits(), y.to_bits());
                let found = targets.unscale(origin, step, f64::from(y)).unwrap();
                // 32 bits of a scaled return, or of a price: 6e-8 of it.
                assert!((found - log_return(&history, origin, origin + step)).abs() < 1e-7, "{kind:?} {origin} {step}");
            }
        }
    }
}

#[test]
fn scaled_returns_are_measured_in_volatilities_of_the_origin() {
    let history = random_walk("AAPL", 3000, 4);
    let targets = scaled_log_return(&history, 10).unwrap();
    let y = f64::from(targets.get(500, 4).unwrap());
    let expected = log_return(&history, 500, 504) / (targets.sigma(500).unwrap() * 2.0);
    assert!((y - expected).abs() < 1e-6);
    for step in [1, 10] {
        let squares = targets.known_origins().map(|day| f64::from(targets.get(day, step).unwrap()).powi(2));
        let size = (squares.sum::<f64>() / targets.known_origins().len() as f64).sqrt();
        // An estimated σ widens the ratio; overlapping steps leave some 5 % of chance.
        assert!((0.9..1.25).contains(&size), "step {step}: {size}");
    }
}

#[test]
fn unknown_targets_cannot_be_read() {
    let history = random_walk("AAPL", 60, 4);
    let targets = scaled_log_return(&history, 3).unwrap();
    assert!(targets.row(56).is_some() && targets.row(57).is_none() && targets.row(19).is_none());
    assert!(targets.get(58, 1).is_some() && targets.get(58, 2).is_none() && targets.get(59, 1).is_none());
    assert!(targets.get(30, 0).is_none() && targets.get(30, 4).is_none() && targets.get(usize::MAX, 1).is_none());
    assert!(targets.unscale(59, 3, 1.0).is_some(), "the last day can be forecast from");
    assert!(targets.unscale(60, 1, 1.0).is_none() && targets.unscale(19, 1, 1.0).is_none());
    assert!(targets.unscale(59, 4, 1.0).is_none() && targets.unscale(59, 1, f64::NAN).is_none());
    let prices = price_level(&history, 3).unwrap();
    assert!(prices.unscale(59, 1, -1.0).is_none() && prices.unscale(59, 1, 0.0).is_none());
    let short = scaled_log_return(&history.first_bars(21).unwrap(), 30).unwrap();
    assert!(short.known_origins().is_empty() && short.row(20).is_none() && short.unscale(20, 30, 1.0).is_some());
}

#[test]
fn targets_of_unusable_histories_are_refused() {
    let history = random_walk("AAPL", 60, 4);
    assert_eq!(scaled_log_return(&history, 0).unwrap_err(), TargetError::NoHorizon);
    let short = scaled_log_return(&history.first_bars(20).unwrap(), 2).unwrap_err();
    assert_eq!(short, TargetError::TooShort { have: 20, need: 21, horizon: 2 });
    let mut bars = history.bars().to_vec();
    bars[50].close = f64::NAN;
    let broken = History::from_checked(history.symbol().clone(), None, bars).unwrap();
    assert_eq!(scaled_log_return(&broken, 2).unwrap_err(), TargetError::NonFinite { date: history.bars()[48].date });
    let still = scaled_log_return(&from_returns("AAPL", &[0.0; 40]), 2).unwrap();
    assert_eq!((still.sigma(30), still.get(30, 1)), (Some(1e-4), Some(0.0)));
}

#[test]
fn split_has_the_expected_ranges() {
    let split = Split::chronological(100..300, SplitSpec::default(), 1).unwrap();
    assert_eq!((split.train, split.validation, split.test), (100..240, 240..270, 270..300));
    let split = Split::chronological(100..308, SplitSpec::default(), 5).unwrap();
    assert_eq!((split.train, split.validation, split.test), (100..240, 244..274, 278..308));
}

#[test]
fn impossible_splits_are_refused_with_the_reason() {
    let split = |days, train, validation, horizon| {
        Split::chronological(0..days, SplitSpec { train, validation }, horizon).unwrap_err()
    };
    assert_eq!(split(10, 0.7, 0.15, 5), SplitError::TooShort { have: 10, need: 11, horizon: 5 });
    assert_eq!(split(10, 0.7, 0.15, 0), SplitError::NoHorizon);
    for (train, validation) in
        [(0.0, 0.5), (0.5, 0.0), (0.7, 0.3), (f64::NAN, 0.1), (0.5, f64::NAN), (f64::INFINITY, 0.1)]
    {
        assert!(matches!(split(500, train, validation, 1), SplitError::Shares { .. }), "{train} {validation}");
    }
    assert!(matches!(split(10, 0.7, 0.15, usize::MAX), SplitError::TooShort { .. }));
}

proptest! {
    #[test]
    fn parts_are_in_order_and_share_no_target(
        start in 0_usize..500,
        days in 0_usize..2000,
        train in 0.01..0.98_f64,
        rest in 0.01..0.99_f64,
        horizon in 1_usize..30,
    ) {
        let spec = SplitSpec { train, validation: (1.0 - train) * rest };
        match Split::chronological(start..start + days, spec, horizon) {
            Err(error) => prop_assert_eq!(error, SplitError::TooShort { have: days, need: 2 * horizon + 1, horizon }),
            Ok(split) => {
                prop_assert!(days > 2 * horizon);
                prop_assert_eq!((split.train.start, split.test.end), (start, start + days));
                for (part, next) in [(&split.train, &split.validation), (&split.validation, &split.test)] {
                    prop_assert!(!part.is_empty() && !next.is_empty());
                    let last_origin = part.end - 1;
                    prop_assert_eq!(last_origin + horizon, next.start, "one horizon apart");
                }
                let shared = (days - 2 * (horizon - 1)) as f64;
                prop_assert!((split.train.len() as f64 - shared * train).abs() <= 2.0);
            }
        }
    }

    #[test]
    fn windows_are_the_rows_up_to_their_origin(days in 90_usize..160, lookback in 1_usize..40) {
        let features = FeatureSet::standard().compute(&random_walk("AAPL", days, 1)).unwrap();
        match Windows::new(&features, lookback) {
            Err(error) => prop_assert_eq!(error, WindowError::TooShort { lookback, need: 89 + lookback, have: days }),
            Ok(windows) => {
                prop_assert_eq!(windows.origins(), 89 + lookback - 1..days);
                for (origin, window) in windows.iter(0..usize::MAX) {
                    let days = origin + 1 - lookback..=origin;
                    let rows: Vec<f32> = days.flat_map(|day| features.row(day).unwrap().to_vec()).collect();
                    prop_assert_eq!(window, &rows[..]);
                    prop_assert!(window.iter().all(|value| value.is_finite()));
                }
                prop_assert_eq!(windows.iter(0..usize::MAX).count(), windows.origins().len());
            }
        }
    }
}

#[test]
fn windows_are_views_and_batches_are_copies_in_the_given_order() {
    let features = FeatureSet::standard().compute(&random_walk("AAPL", 200, 1)).unwrap();
    let windows = Windows::new(&features, 60).unwrap();
    assert_eq!(windows.origins().start, 148);
    assert!(std::ptr::eq(windows.window(148).unwrap().as_ptr(), &raw const features.as_slice()[89 * 18]));
    let mut batch = vec![1.0; 3];
    windows.gather([170, 150], &mut batch).unwrap();
    assert_eq!(batch, [windows.window(170).unwrap(), windows.window(150).unwrap()].concat());
    assert_eq!(batch.len(), 2 * windows.window_len());
    let outside = WindowError::OriginOutOfRange { origin: 147, first: 148, last: 199 };
    assert_eq!(windows.window(147).unwrap_err(), outside);
    assert_eq!(windows.gather([150, 147], &mut batch).unwrap_err(), outside);
    assert!(windows.window(200).is_err() && windows.window(usize::MAX).is_err());
    assert_eq!(Windows::new(&features, 0).unwrap_err(), WindowError::NoLookback);
    assert!(Windows::new(&features, usize::MAX).is_err());
}

#[test]
fn scaler_of_several_histories_weighs_rows_equally() {
    let set = FeatureSet::from_names(["log_return"]).unwrap();
    let walk = random_walk("AAPL", 100, 1);
    let whole = set.compute(&walk).unwrap();
    let one = Scaler::new(ScalerKind::Standard).fit(&whole, 1..100).unwrap();
    let parts = [(&whole, 1..40), (&whole, 40..100)];
    assert_eq!(Scaler::new(ScalerKind::Standard).fit_all(parts).unwrap(), one);
    let other = FeatureSet::from_names(["close"]).unwrap().compute(&walk).unwrap();
    let mixed = Scaler::new(ScalerKind::MinMax).fit_all([(&whole, 1..40), (&other, 1..40)]).unwrap_err();
    let names = |name: &str| vec![name.to_owned()];
    assert_eq!(mixed, ScalerError::OtherFeatures { expected: names("log_return"), found: names("close") });
    assert_eq!(one.transform(&other).unwrap_err(), mixed);
    assert_eq!(Scaler::new(ScalerKind::MinMax).fit_all([]).unwrap_err(), ScalerError::NoRow);
}

#[test]
fn scaler_reads_valid_rows_only() {
    let features = FeatureSet::standard().compute(&random_walk("AAPL", 200, 1)).unwrap();
    let fit = |rows| Scaler::new(ScalerKind::Standard).fit(&features, rows);
    assert!(matches!(fit(88..150), Err(ScalerError::RowsOutOfRange { start: 88, end: 150, first: 89, last: 200 })));
    assert!(matches!(fit(89..201), Err(ScalerError::RowsOutOfRange { .. })));
    assert_eq!(fit(120..120), Err(ScalerError::NoRow));
    let scaled = fit(89..150).unwrap().transform(&features).unwrap();
    assert!(scaled.as_slice()[..89 * 18].iter().all(|value| value.is_nan()), "rows without values stay so");
}

#[test]
fn scaler_round_trips_to_the_bit_and_invalid_scales_are_refused() {
    let features = FeatureSet::standard().compute(&random_walk("AAPL", 200, 1)).unwrap();
    let scaler = Scaler::new(ScalerKind::Standard).fit(&features, 89..150).unwrap();
    let json = serde_json::to_string(&scaler).unwrap();
    assert_eq!(serde_json::from_str::<FittedScaler>(&json).unwrap(), scaler);
    for scale in ["0.0", "-1.0", "null"] {
        let json = format!(r#"{{"kind":"min_max","features":[{{"feature":"close","offset":1.0,"scale":{scale}}}]}}"#);
        assert!(serde_json::from_str::<FittedScaler>(&json).is_err(), "{scale}");
    }
}
