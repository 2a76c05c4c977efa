//! The naive and the drift forecast through the traits that all forecasters share.

use chrono::{Datelike, NaiveDate, Weekday};
use closecast_domain::{Cancel, Forecast, ForecastError, Forecaster, History, NoProgress, Predict};
use closecast_eval::{Drift, Naive, VENTILES};
use closecast_testkit::histories::{from_returns, random_walk};

fn forecast<F: Forecaster>(forecaster: F, history: &History) -> Result<Forecast, ForecastError> {
    forecaster.fit(history, &Cancel::new(), &NoProgress)?.predict(history)
}

#[test]
fn naive_repeats_the_last_quoted_close_on_the_coming_sessions() {
    let mut bars = random_walk("AAPL", 300, 1).bars().to_vec();
    bars.last_mut().unwrap().raw_close = 187.25;
    let symbol = "AAPL".parse().unwrap();
    let history = History::from_checked(symbol, Some("USD".to_owned()), bars).unwrap();
    let forecast = forecast(Naive { horizon: 5 }, &history).unwrap();
    assert_eq!((forecast.model.name.as_str(), forecast.model.sha256.as_str()), ("naive", ""));
    assert_eq!((forecast.as_of, forecast.last_close), (history.last().date, 187.25));
    assert_eq!(forecast.currency.as_deref(), Some("USD"));
    assert!(forecast.sessions.iter().all(|session| session.point == 187.25));
    let dates: Vec<NaiveDate> = forecast.sessions.iter().map(|session| session.date).collect();
    assert_eq!(dates, history.calendar().sessions_after(history.last().date, 5));
    assert!(dates.iter().all(|date| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)));
}

#[test]
fn drift_goes_on_by_the_mean_step() {
    let history = from_returns("AAPL", &[0.0, 0.03, -0.01, 0.01]);
    let forecast = forecast(Drift { horizon: 2 }, &history).unwrap();
    let last = history.last().raw_close;
    // Closes 100, 100·e^0.03, … : three steps that add up to 0.03.
    for (session, growth) in forecast.sessions.iter().zip([0.01_f64, 0.02]) {
        assert!((session.point / last - growth.exp()).abs() < 1e-12, "{session:?}");
        assert!(session.quantiles.is_empty(), "three returns are too few for quantiles");
    }
}

#[test]
fn intervals_widen_with_the_root_of_the_horizon() {
    // The first bar has no return, so 41 bars leave 40: ∓1 %, ∓2 %, … in turn, quantiles known by rank.
    let returns: Vec<f64> =
        (0..41).map(|day: i32| f64::from((day + 1) / 2) * if day % 2 == 0 { 0.001 } else { -0.001 }).collect();
    let history = from_returns("AAPL", &returns);
    let forecast = forecast(Naive { horizon: 9 }, &history).unwrap();
    // Returns −0.020 … −0.001, 0.001 … 0.020; rank ⌊41·0.05⌋ = 2 from either end.
    let last = history.last().raw_close;
    for (ahead, session) in (1..).zip(&forecast.sessions) {
        assert!(session.quantiles.iter().map(|quantile| quantile.level).eq(VENTILES));
        let (lower, upper) = session.interval(0.9).unwrap();
        let expected = 0.019 * f64::from(ahead).sqrt();
        assert!(((upper / last).ln() - expected).abs() < 1e-9, "{ahead}: {upper}");
        assert!(((lower / last).ln() + expected).abs() < 1e-9, "{ahead}: {lower}");
    }
}

#[test]
fn drift_intervals_lie_around_the_drift() {
    let returns: Vec<f64> =
        (0..41).map(|day: i32| 0.05 + f64::from(if day % 2 == 0 { -day } else { day }) / 1e4).collect();
    let history = from_returns("AAPL", &returns);
    let naive = forecast(Naive { horizon: 1 }, &history).unwrap();
    let drift = forecast(Drift { horizon: 1 }, &history).unwrap();
    // Naive's residuals are the returns, drift's the returns less their mean: one step ahead both give the same prices.
    for (one, other) in naive.sessions[0].quantiles.iter().zip(&drift.sessions[0].quantiles) {
        assert!((one.price / other.price - 1.0).abs() < 1e-12, "{one:?} {other:?}");
    }
    assert!(drift.sessions[0].point > 1.04 * naive.sessions[0].point);
}

#[test]
fn naive_intervals_cover_a_random_walk() {
    let history = random_walk("AAPL", 1600, 11);
    let fitted = Naive { horizon: 1 }.fit(&history.first_bars(600).unwrap(), &Cancel::new(), &NoProgress).unwrap();
    let (actual, intervals): (Vec<f64>, Vec<(f64, f64)>) = (600..1600)
        .map(|day| {
            let forecast = fitted.predict(&history.first_bars(day).unwrap()).unwrap();
            (history.bars()[day].raw_close, forecast.sessions[0].interval(0.9).unwrap())
        })
        .unzip();
    let covered = closecast_eval::coverage(&actual, &intervals).unwrap();
    // 1000 days at 90 % have a standard error of 0.9 %, the quantiles of 504 returns about 1.3 % more.
    assert!((0.85..=0.95).contains(&covered), "{covered}");
}

#[test]
fn one_bar_is_enough_for_naive_and_two_for_drift() {
    let single = from_returns("PETR4.SA", &[0.01]);
    let naive = forecast(Naive { horizon: 1 }, &single).unwrap();
    assert_eq!(naive.sessions[0].point, single.last().raw_close);
    assert!(naive.sessions[0].quantiles.is_empty());
    let drift = forecast(Drift { horizon: 1 }, &single).unwrap_err();
    assert!(matches!(drift, ForecastError::TooShort { have: 1, need: 2, .. }));
    assert!(forecast(Drift { horizon: 1 }, &from_returns("PETR4.SA", &[0.01, 0.02])).is_ok());
}

#[test]
fn invalid_input_is_refused() {
    let history = random_walk("AAPL", 100, 3);
    for horizon in [0, 367, usize::MAX] {
        assert!(matches!(forecast(Naive { horizon }, &history), Err(ForecastError::Unsuitable(_))));
    }
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(Naive { horizon: 1 }.fit(&history, &cancel, &NoProgress), Err(ForecastError::Cancelled)));
    let mut bars = history.bars().to_vec();
    bars[80].close = f64::NAN;
    let broken = History::from_checked(history.symbol().clone(), None, bars).unwrap();
    assert!(matches!(forecast(Naive { horizon: 1 }, &broken), Err(ForecastError::NonFinite { .. })));
    let explosive = from_returns("AAPL", &[0.0, 300.0]);
    assert!(matches!(forecast(Drift { horizon: 366 }, &explosive), Err(ForecastError::NonFinite { .. })));
}
