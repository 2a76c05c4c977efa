//! AutoETS against statsmodels and statsforecast: `fixtures/ets.py` made `fixtures/ets.json`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use closecast_domain::{Cancel, Forecast, ForecastError, Forecaster, History, NoProgress, Predict};
use closecast_eval::{
    AutoEts,
    baselines::{
        EtsTrend, FittedAutoEts,
        auto_ets::{MIN_SESSIONS, MIN_SESSIONS_TO_PREDICT},
    },
};
use closecast_testkit::histories::{from_returns, random_walk};
use closecast_testkit::reference::{count, list, number};
use serde_json::Value;

const HORIZON: usize = 5;

fn reference() -> Value {
    serde_json::from_str(include_str!("../fixtures/ets.json")).unwrap()
}

/// Returns the history of a case: what was learned from, and the days after.
fn histories(case: &Value) -> (History, History) {
    let logs = list(&case["logs"]);
    let returns: Vec<f64> = std::iter::once(0.0).chain(logs.windows(2).map(|pair| pair[1] - pair[0])).collect();
    let whole = from_returns("AAPL", &returns);
    let known = count(&case["known"]);
    (whole.first_bars(known).unwrap(), whole)
}

fn fit(history: &History) -> Result<FittedAutoEts, ForecastError> {
    AutoEts { horizon: HORIZON }.fit(history, &Cancel::new(), &NoProgress)
}

fn trend_name(trend: EtsTrend) -> &'static str {
    match trend {
        EtsTrend::None => "none",
        EtsTrend::Additive => "additive",
        EtsTrend::Damped => "damped",
    }
}

/// Returns the forecast's points as log prices over the first close of `history`.
fn log_points(history: &History, forecast: &Forecast) -> Vec<f64> {
    let first = history.bars()[0].close;
    forecast.sessions.iter().map(|session| (session.point / first).ln()).collect()
}

#[test]
fn selected_model_equals_statsmodels_and_is_as_likely() {
    for case in reference()["cases"].as_array().unwrap() {
        let (known, _) = histories(case);
        let (name, fitted) = (case["name"].as_str().unwrap(), fit(&known).unwrap());
        let chosen = fitted.chosen();
        let trend = trend_name(chosen.parameters.trend);
        assert_eq!(trend, case["chosen"].as_str().unwrap(), "{name}");
        let gain = chosen.log_likelihood - number(&case["log_likelihoods"][trend]);
        // The reference is the best of some thirty searches; two that stop within 1e-3 of one top agree.
        assert!((-1e-3..=1e-2).contains(&gain), "{name}: the log-likelihood is {gain} above theirs");
        let difference = chosen.aicc - number(&case["aicc"][trend]);
        assert!((difference + 2.0 * gain).abs() < 1e-8, "{name}: the criterion differs by {difference}");
        for (what, ours) in
            [("alpha", chosen.parameters.alpha), ("beta", chosen.parameters.beta), ("phi", chosen.parameters.phi)]
        {
            let Some(theirs) = case["weights"][what].as_f64() else { continue };
            // Standard errors are about 0.03: a likelihood lower by 1e-3 is a twentieth of one away.
            assert!((ours - theirs).abs() < 3e-3, "{name}: {what} {ours} is not {theirs}");
        }
    }
}

#[test]
fn forecasts_are_those_of_statsmodels_on_the_days_learned_from_and_later() {
    let reference = reference();
    let z = list(&reference["unit_quantiles"]);
    for case in reference["cases"].as_array().unwrap() {
        let (known, whole) = histories(case);
        let (name, fitted) = (case["name"].as_str().unwrap(), fit(&known).unwrap());
        let deviations: Vec<f64> = list(&case["variances"]).into_iter().map(f64::sqrt).collect();
        for (history, theirs) in [(&known, "forecast"), (&whole, "later_forecast")] {
            let forecast = fitted.predict(history).unwrap();
            assert_eq!(forecast.model.name, "ets");
            assert_eq!((forecast.sessions.len(), forecast.as_of), (HORIZON, history.last().date));
            let points = log_points(history, &forecast);
            for (step, theirs) in list(&case[theirs]).into_iter().enumerate() {
                // Two percent of the error that a forecast of that session is expected to have.
                let tolerance = 0.02 * deviations[step];
                assert!((points[step] - theirs).abs() < tolerance, "{name}, {step}: {} is not {theirs}", points[step]);
                let session = &forecast.sessions[step];
                assert_eq!(session.quantiles.len(), z.len());
                for (quantile, z) in session.quantiles.iter().zip(&z) {
                    let spread = (quantile.price / session.point).ln();
                    let expected = deviations[step] * z;
                    assert!((spread - expected).abs() < 5e-3 * expected.abs() + 1e-12, "{name}, {step}: {spread}");
                }
            }
        }
    }
}

#[test]
fn batched_and_single_forecasts_have_the_same_bits() {
    for case in reference()["cases"].as_array().unwrap() {
        let (known, whole) = histories(case);
        let fitted = fit(&known).unwrap();
        let origins = MIN_SESSIONS_TO_PREDICT - 1..whole.len();
        let all = fitted.predict_each(&whole, origins.clone()).unwrap();
        assert_eq!(all.len(), origins.len());
        for (origin, forecast) in origins.zip(&all).step_by(37) {
            assert_eq!(&fitted.predict(&whole.first_bars(origin + 1).unwrap()).unwrap(), forecast);
        }
    }
}

#[test]
fn split_in_the_quoted_price_changes_only_the_scale() {
    let history = random_walk("AAPL", 400, 8);
    let fitted = fit(&history).unwrap();
    let mut bars = history.bars().to_vec();
    bars.iter_mut().for_each(|bar| bar.raw_close *= 4.0);
    let quoted = History::from_checked(history.symbol().clone(), None, bars).unwrap();
    let (ours, theirs) = (fitted.predict(&history).unwrap(), fitted.predict(&quoted).unwrap());
    for (one, other) in ours.sessions.iter().zip(&theirs.sessions) {
        assert_eq!(4.0 * one.point, other.point);
    }
}

#[test]
fn invalid_input_is_refused() {
    let history = random_walk("AAPL", 300, 3);
    let short = fit(&history.first_bars(MIN_SESSIONS - 1).unwrap()).unwrap_err();
    assert!(matches!(short, ForecastError::TooShort { have: 250, need: 251, .. }), "{short}");
    let fitted = fit(&history.first_bars(MIN_SESSIONS).unwrap()).unwrap();
    let early = fitted.predict(&history.first_bars(MIN_SESSIONS_TO_PREDICT - 1).unwrap()).unwrap_err();
    assert!(matches!(early, ForecastError::TooShort { have: 59, need: 60, .. }), "{early}");
    assert!(matches!(fitted.predict_each(&history, 290..301), Err(ForecastError::Unsuitable(_))));
    assert!(fitted.predict_each(&history, 5..5).unwrap().is_empty());
    for returns in [vec![0.0; 300], vec![0.001; 300]] {
        let line = fit(&from_returns("AAPL", &returns)).unwrap_err();
        assert!(matches!(&line, ForecastError::Unsuitable(text) if text.contains("constant or linear")), "{line}");
    }
    let mut bars = history.bars().to_vec();
    bars[80].close = f64::NAN;
    let broken = History::from_checked(history.symbol().clone(), None, bars).unwrap();
    assert!(matches!(fit(&broken), Err(ForecastError::NonFinite { .. })));
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(AutoEts { horizon: 1 }.fit(&history, &cancel, &NoProgress), Err(ForecastError::Cancelled)));
    for horizon in [0, 367] {
        let refused = AutoEts { horizon }.fit(&history, &Cancel::new(), &NoProgress);
        assert!(matches!(refused, Err(ForecastError::Unsuitable(_))));
    }
}
