//! What the features are worth as inputs: finite whatever the bars, of size 1, free of the price level, named for good.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking, in its builders too")]

use closecast_domain::{Bar, History};
use closecast_features::{FeatureError, FeatureKind, FeatureSet, Features};
use closecast_testkit::histories::{from_returns, random_walk, sine};

fn with_bars(history: &History, change: impl Fn(usize, &mut Bar)) -> History {
    let mut bars = history.bars().to_vec();
    bars.iter_mut().enumerate().for_each(|(day, bar)| change(day, bar));
    History::from_checked(history.symbol().clone(), None, bars).unwrap()
}

fn every_feature() -> FeatureSet {
    FeatureSet::new(FeatureKind::ALL.to_vec()).unwrap()
}

fn valid(features: &Features) -> &[f32] {
    &features.as_slice()[features.first_valid() * features.n_features()..]
}

#[test]
fn each_feature_starts_after_its_warm_up() {
    let history = random_walk("AAPL", 120, 1);
    for &kind in FeatureKind::ALL {
        let set = FeatureSet::new(vec![kind]).unwrap();
        let need = kind.warm_up() + 1;
        let first = set.compute(&history.first_bars(need).unwrap()).unwrap();
        assert_eq!((first.first_valid(), valid(&first).len()), (kind.warm_up(), 1), "{kind}");
        if need > 1 {
            let short = set.compute(&history.first_bars(need - 1).unwrap()).unwrap_err();
            assert_eq!(short, FeatureError::TooShort { have: need - 1, need, feature: kind.name() });
        }
    }
}

#[test]
fn flat_bars_and_missing_volumes_stay_finite() {
    let walk = random_walk("AAPL", 200, 2);
    let flat = |bar: &mut Bar, price: f64| {
        (bar.open, bar.high, bar.low, bar.close) = (price, price, price, price);
    };
    let histories = [
        with_bars(&walk, |_, bar| flat(bar, 10.0)),
        with_bars(&walk, |_, bar| bar.volume = 0.0),
        with_bars(&walk, |day, bar| {
            if day < 150 {
                flat(bar, 10.0);
            }
        }),
        with_bars(&walk, |day, bar| {
            if day % 3 == 0 {
                flat(bar, bar.close);
            }
        }),
        with_bars(&walk, |day, bar| {
            if day == 150 {
                flat(bar, 1e6);
            }
        }),
        with_bars(&walk, |day, bar| bar.volume = if day % 2 == 0 { 0.0 } else { 3.5e10 }),
        from_returns("AAPL", &[0.0; 150]),
        sine("AAPL", 200, 25.0),
    ];
    for (index, history) in histories.iter().enumerate() {
        let features = every_feature().compute(history).unwrap_or_else(|error| panic!("history {index}: {error}"));
        assert!(valid(&features).iter().all(|value| value.is_finite()), "history {index}");
    }
}

#[test]
fn unusable_prices_are_errors_and_not_panics() {
    let walk = random_walk("AAPL", 120, 2);
    for price in [f64::NAN, f64::INFINITY, 0.0, -5.0, 1e300] {
        let broken = with_bars(&walk, |day, bar| {
            if day == 100 {
                bar.close = price;
            }
        });
        let error = every_feature().compute(&broken).unwrap_err();
        let FeatureError::NonFinite { date, .. } = error else { panic!("{price}: {error}") };
        assert_eq!(date, walk.bars()[100].date, "{price}");
    }
}

#[test]
fn standard_features_have_unit_size_and_do_not_depend_on_the_price_level() {
    let history = random_walk("AAPL", 3000, 5);
    let set = FeatureSet::standard();
    let features = set.compute(&history).unwrap();
    for (index, name) in features.names().iter().enumerate() {
        let column: Vec<f64> = features.column(index).unwrap().skip(features.first_valid()).map(f64::from).collect();
        let mean = column.iter().sum::<f64>() / column.len() as f64;
        let deviation = (column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / column.len() as f64).sqrt();
        assert!(mean.abs() < 2.0 && (0.05..2.0).contains(&deviation), "{name}: mean {mean}, deviation {deviation}");
    }
    let dearer = with_bars(&history, |_, bar| {
        for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close, &mut bar.raw_close] {
            *price *= 73.5;
        }
        bar.volume *= 12.0;
    });
    let dearer = set.compute(&dearer).unwrap();
    for (a, b) in valid(&features).iter().zip(valid(&dearer)) {
        // The prices are rounded anew, by 1e-16 of returns of 1e-2; the values are kept in 32 bits.
        assert!((a - b).abs() <= 1e-6 * a.abs().max(1.0), "{a} and {b}");
    }
}

#[test]
fn distances_to_means_have_deviation_one_on_a_random_walk() {
    let names = ["ma_7", "ma_30", "ma_90", "roc_5", "roc_10", "roc_20"];
    let features = FeatureSet::from_names(names).unwrap().compute(&random_walk("AAPL", 20_000, 9)).unwrap();
    for (index, name) in names.iter().enumerate() {
        let column: Vec<f64> = features.column(index).unwrap().skip(features.first_valid()).map(f64::from).collect();
        let deviation = (column.iter().map(|value| value * value).sum::<f64>() / column.len() as f64).sqrt();
        // σ is an estimate, which widens the ratio by a few per cent; 20 000 days leave some 5 % of chance for ma_90.
        assert!((deviation - 1.0).abs() < 0.12, "{name}: {deviation}");
    }
}

#[test]
fn names_are_stable() {
    let names: Vec<&str> = FeatureKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(
        names.join(" "),
        "close log_return scaled_return scaled_gap scaled_range log_volatility volatility_trend rolling_ratio \
         parkinson_ratio garman_klass_ratio rogers_satchell_ratio yang_zhang_ratio har_1 har_5 har_22 rsi_14 macd \
         macd_signal macd_histogram roc_5 roc_10 roc_20 ma_7 ma_30 ma_90 return_volatility_3 return_volatility_9 \
         return_volatility_66 return_volatility_132 return_volatility_333 range_volatility_3 range_volatility_7 \
         range_volatility_16 range_volatility_33 range_volatility_66 range_volatility_132 range_volatility_333 \
         gap_volatility_7 gap_volatility_33 gap_volatility_132 capped_volatility echo_13_weeks echo_26_weeks \
         echo_39_weeks echo_52_weeks absolute_return absolute_gap roc_60 drawdown volume_trend tail_weight volume_surprise \
         volume_z_score weekday_sin weekday_cos days_to_next",
        "artifacts record these names: a new one may be added, none changed"
    );
    let set = FeatureSet::standard();
    assert_eq!(FeatureSet::from_names(set.names()).unwrap(), set);
    let json = serde_json::to_string(&FeatureSet::prices()).unwrap();
    assert_eq!(json, r#"["close"]"#);
    let json = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<FeatureSet>(&json).unwrap(), set);
}

#[test]
fn unknown_repeated_and_missing_names_are_refused() {
    let unknown = FeatureSet::from_names(["close", "bollinger"]).unwrap_err();
    assert!(unknown.to_string().starts_with("there is no feature \"bollinger\"; the features are close, log_return, "));
    assert_eq!(FeatureSet::from_names(["ma_7", "ma_7"]), Err(FeatureError::Duplicate { feature: "ma_7" }));
    assert_eq!(FeatureSet::from_names([""; 0]), Err(FeatureError::NoFeature));
    for json in [r#"["close","close"]"#, "[]", r#"["Close"]"#] {
        assert!(serde_json::from_str::<FeatureSet>(json).is_err(), "{json}");
    }
}

#[test]
fn tables_with_wrong_dimensions_are_refused() {
    let dates: Vec<_> = random_walk("AAPL", 3, 1).bars().iter().map(|bar| bar.date).collect();
    let names = vec!["a".to_owned(), "b".to_owned()];
    let table = |values: Vec<f32>, first| Features::new(dates.clone(), names.clone(), values, first);
    assert!(matches!(table(vec![0.0; 5], 0), Err(FeatureError::Shape { days: 3, features: 2, values: 5 })));
    let date = dates[1];
    let infinite = vec![0.0, 0.0, 0.0, f32::INFINITY, 0.0, 0.0];
    assert_eq!(table(infinite.clone(), 0).unwrap_err(), FeatureError::NonFinite { feature: "b".to_owned(), date });
    let features = table(infinite, 2).unwrap();
    assert!(features.as_slice()[..4].iter().all(|value| value.is_nan()), "rows before the first valid one are NaN");
    assert_eq!(features.row(2), Some(&[0.0, 0.0][..]));
    assert!(features.row(3).is_none() && features.column(2).is_none());
    assert_eq!(features.index_of("b"), Some(1));
    assert_eq!(table(vec![0.0; 6], 99).unwrap().first_valid(), 3);
}

#[test]
fn days_to_next_uses_the_calendar_and_not_the_next_bar() {
    let history = random_walk("AAPL", 30, 1);
    let features = FeatureSet::from_names(["days_to_next"]).unwrap().compute(&history).unwrap();
    for (day, bar) in history.bars().iter().enumerate() {
        let days = (history.calendar().next_session(bar.date) - bar.date).num_days();
        assert!((features.row(day).unwrap()[0] - (days as f32).ln()).abs() < 1e-6, "{}", bar.date);
    }
}
