//! The volatility baselines against arch, statsmodels and SciPy: `fixtures/volatility.py` made
//! `fixtures/volatility.json`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use closecast_domain::{Bar, Cancel, Forecast, ForecastError, Forecaster, History, NoProgress, Predict};
use closecast_eval::{
    EwmaT, GarchT, Har,
    baselines::{FittedGarchT, FittedHar, HarCoefficients, random_walk::MAX_HORIZON},
};
use closecast_testkit::histories::{from_returns, random_walk};
use closecast_testkit::reference::{cases, list, number};
use serde_json::Value;

const HORIZON: usize = 5;

fn reference(part: &str) -> Vec<Value> {
    cases(include_str!("../fixtures/volatility.json"), part)
}

#[track_caller]
fn assert_close(what: &str, ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance * theirs.abs(), "{what}: {ours} is not {theirs}");
}

fn fit<F: Forecaster>(forecaster: F, history: &History) -> Result<F::Fitted, ForecastError> {
    forecaster.fit(history, &Cancel::new(), &NoProgress)
}

/// Returns a history with these log returns in percent. Its first bar has none.
fn history_of(percent: &[f64]) -> History {
    let returns: Vec<f64> = std::iter::once(0.0).chain(percent.iter().map(|value| value / 100.0)).collect();
    from_returns("AAPL", &returns)
}

/// Returns a history with the open, high, low and close of a case.
fn history_with_ranges(case: &Value) -> History {
    let prices: Vec<Vec<f64>> = case["bars"].as_array().unwrap().iter().map(list).collect();
    let mut bars = random_walk("AAPL", prices.len(), 1).bars().to_vec();
    for (bar, price) in bars.iter_mut().zip(&prices) {
        (bar.open, bar.high, bar.low, bar.close, bar.raw_close) = (price[0], price[1], price[2], price[3], price[3]);
    }
    with_bars(bars)
}

fn with_bars(bars: Vec<Bar>) -> History {
    History::from_checked("AAPL".parse().unwrap(), Some("USD".to_owned()), bars).unwrap()
}

fn garch(history: &History) -> FittedGarchT {
    fit(GarchT { horizon: HORIZON }, history).unwrap()
}

fn har(history: &History) -> FittedHar {
    fit(Har { horizon: HORIZON }, history).unwrap()
}

/// Checks prices against `last · exp(location + √variance · z)`, `z` the unit quantiles from SciPy.
#[track_caller]
fn assert_prices(forecast: &Forecast, variances: &[f64], mean: f64, unit_quantiles: &[f64], tolerance: f64) {
    assert_eq!((forecast.sessions.len(), variances.len()), (HORIZON, HORIZON));
    for ((ahead, session), variance) in (1..).zip(&forecast.sessions).zip(variances) {
        let location = mean * f64::from(ahead);
        assert_close("point", session.point, forecast.last_close * location.exp(), tolerance);
        assert_eq!(session.quantiles.len(), unit_quantiles.len());
        for (quantile, z) in session.quantiles.iter().zip(unit_quantiles) {
            let price = forecast.last_close * (location + variance.sqrt() * z).exp();
            assert_close(&format!("{ahead}, {}", quantile.level), quantile.price, price, tolerance);
        }
    }
}

#[test]
fn garch_is_at_least_as_likely_as_that_of_arch_and_agrees_with_it() {
    for case in reference("garch") {
        let history = history_of(&list(&case["returns"]));
        let (fitted, name) = (garch(&history), case["name"].as_str().unwrap());
        let (ours, theirs) = (fitted.parameters(), &case["parameters"]);
        let gain = fitted.log_likelihood() - number(&case["log_likelihood"]);
        // Two optimisers of one function: neither stops further than 2e-3 below the top, ours not below arch's.
        assert!((-1e-6..=2e-3).contains(&gain), "{name}: the log-likelihood is {gain} above that of arch");
        // Where both come that close to the top, the variances differ by far less than the percent that would matter.
        let variances = fitted.return_variances(&history).unwrap();
        let theirs_summed: Vec<f64> = list(&case["return_variances"]).iter().map(|variance| variance / 1e4).collect();
        for (ours, theirs) in variances.iter().zip(&theirs_summed) {
            assert_close(&format!("{name}: variance"), *ours, *theirs, 1e-3);
        }
        // In 1/ν, whose standard error is about 0.02 here: near the normal distribution ν itself means nothing.
        let inverse = 1.0 / ours.degrees_of_freedom - 1.0 / number(&theirs["nu"]);
        assert!(inverse.abs() < 2e-3, "{name}: {} is not {}", ours.degrees_of_freedom, theirs["nu"]);
        if number(&theirs["nu"]) < 30.0 {
            assert_close(&format!("{name}: ν"), ours.degrees_of_freedom, number(&theirs["nu"]), 1e-3);
        }
        // A tenth of their own standard errors at most, which are 0.01 to 0.05.
        for (what, ours, theirs) in [
            ("μ", ours.mean, &theirs["mu"]),
            ("α", ours.alpha, &theirs["alpha[1]"]),
            ("β", ours.beta, &theirs["beta[1]"]),
        ] {
            assert!((ours - number(theirs)).abs() < 1e-3, "{name}: {what} {ours} is not {theirs}");
        }
        let forecast = fitted.predict(&history).unwrap();
        assert_eq!(forecast.model.name, "garch-t");
        // Prices are insensitive: a thousandth of the variance is half of one of the few percent that they spread.
        assert_prices(&forecast, &theirs_summed, number(&theirs["mu"]) / 100.0, &list(&case["unit_quantiles"]), 1e-4);
    }
}

#[test]
fn ewma_prices_follow_from_variance_and_students_quantiles() {
    let six = reference("student").into_iter().find(|case| number(&case["nu"]) == 6.0).unwrap();
    for case in reference("garch") {
        let history = history_of(&list(&case["returns"]));
        let variances: Vec<f64> = (1..=5).map(|step| f64::from(step) * number(&case["ewma_variance"]) / 1e4).collect();
        let forecast = fit(EwmaT { horizon: HORIZON }, &history).unwrap().predict(&history).unwrap();
        assert_eq!((forecast.model.name.as_str(), forecast.currency.as_deref()), ("ewma-t", Some("USD")));
        assert_prices(&forecast, &variances, 0.0, &list(&six["quantiles"]), 1e-10);
        let dates: Vec<_> = forecast.sessions.iter().map(|session| session.date).collect();
        assert_eq!(dates, history.calendar().sessions_after(history.last().date, HORIZON));
    }
}

#[test]
fn ewma_is_the_recursion_of_riskmetrics() {
    for case in reference("garch") {
        let history = history_of(&list(&case["returns"]));
        let ours = fit(EwmaT { horizon: 2 }, &history).unwrap().return_variances(&history).unwrap();
        // The same operations on closes and back: the logarithm of a quotient of prices loses three of 16 digits.
        assert_close("variance", ours[0], number(&case["ewma_variance"]) / 1e4, 1e-10);
        assert_eq!(ours[1], 2.0 * ours[0]);
        for start in case["ewma_starts"].as_array().unwrap() {
            let days = usize::try_from(start[0].as_u64().unwrap()).unwrap();
            let early = history.first_bars(days + 1).unwrap();
            let ours = fit(EwmaT { horizon: 1 }, &early).unwrap().return_variances(&early).unwrap();
            assert_close(&format!("after {days} returns"), ours[0], number(&start[1]) / 1e4, 1e-10);
        }
    }
}

#[test]
fn har_agrees_with_statsmodels_and_scipy() {
    for case in reference("har") {
        let history = history_with_ranges(&case);
        let (fitted, name) = (har(&history), case["name"].as_str().unwrap());
        let HarCoefficients { intercept, daily, weekly, monthly } = fitted.coefficients();
        for (ours, theirs) in [intercept, daily, weekly, monthly].into_iter().zip(list(&case["coefficients"])) {
            assert_close(&format!("{name}: coefficient"), ours, theirs, 1e-8);
        }
        assert_close(&format!("{name}: smearing"), fitted.smearing(), number(&case["smearing"]), 1e-8);
        // Where a likelihood is flat, its top is known to half the digits of a double.
        assert_close(&format!("{name}: ν"), fitted.degrees_of_freedom(), number(&case["nu"]), 1e-5);
        let (variances, theirs) = (fitted.return_variances(&history).unwrap(), list(&case["return_variances"]));
        for (ours, theirs) in variances.iter().zip(&theirs) {
            assert_close(&format!("{name}: variance"), *ours, *theirs, 1e-8);
        }
        let forecast = fitted.predict(&history).unwrap();
        assert_eq!((forecast.model.name.as_str(), forecast.sessions[0].point), ("har", history.last().raw_close));
        assert_prices(&forecast, &theirs, 0.0, &list(&case["unit_quantiles"]), 1e-6);
    }
}

#[test]
fn forecast_uses_the_volatility_of_the_given_history() {
    let history = random_walk("AAPL", 700, 5);
    let mut bars = history.bars().to_vec();
    for (index, bar) in bars[690..].iter_mut().enumerate() {
        // A storm: 8 % up on one day, down on the next, and as much within each.
        let factor = if index % 2 == 0 { 1.08 } else { 1.0 };
        (bar.close, bar.high, bar.low) = (bar.close * factor, bar.high * 1.08, bar.low / 1.08);
    }
    let (calm, storm) = (history, with_bars(bars));
    let before = calm.first_bars(600).unwrap();
    let check = |model: &dyn Predict, name: &str| {
        let width = |history: &History| {
            let (lower, upper) = model.predict(history).unwrap().sessions[0].interval(0.9).unwrap();
            (upper / lower).ln()
        };
        assert!(width(&storm) > 2.0 * width(&calm), "{name}");
        // Nothing but what it is given: the same bits as from the storm cut off before it.
        let cut = storm.first_bars(690).unwrap();
        assert_eq!(model.predict(&cut).unwrap(), model.predict(&calm.first_bars(690).unwrap()).unwrap(), "{name}");
    };
    check(&fit(EwmaT { horizon: 1 }, &before).unwrap(), "ewma");
    check(&har(&history_with_ranges(&reference("har")[0])), "har");
    check(&garch(&history_of(&list(&reference("garch")[0]["returns"]))), "garch");
}

#[test]
fn levels_and_prices_rise_up_to_the_longest_horizon() {
    let history = random_walk("PETR4.SA", 400, 8);
    let rising = |forecast: Forecast| {
        assert_eq!(forecast.sessions.len(), MAX_HORIZON);
        for session in &forecast.sessions {
            assert!((session.quantiles[0].level, session.quantiles[20].level) == (0.025, 0.975));
            let pairs = session.quantiles.windows(2);
            assert!(pairs.into_iter().all(|pair| pair[0].level < pair[1].level && pair[0].price < pair[1].price));
        }
        let width = |index: usize| {
            let (lower, upper) = forecast.sessions[index].interval(0.95).unwrap();
            (upper / lower).ln()
        };
        assert!((1..MAX_HORIZON).all(|index| width(index) > width(index - 1)));
    };
    let horizon = MAX_HORIZON;
    rising(fit(EwmaT { horizon }, &history).unwrap().predict(&history).unwrap());
    rising(fit(GarchT { horizon }, &history).unwrap().predict(&history).unwrap());
    rising(fit(Har { horizon }, &history).unwrap().predict(&history).unwrap());
}

#[test]
fn har_standardises_the_returns_it_learned_from() {
    let history = random_walk("AAPL", 500, 2);
    let fitted = fit(Har { horizon: 1 }, &history).unwrap();
    let squares: Vec<f64> = (23..history.len())
        .map(|day| {
            let variance = fitted.return_variances(&history.first_bars(day).unwrap()).unwrap()[0];
            (history.bars()[day].close / history.bars()[day - 1].close).ln().powi(2) / variance
        })
        .collect();
    // A few forecasts from the first days are bounded by the few variances known then.
    assert!((squares.iter().sum::<f64>() / squares.len() as f64 - 1.0).abs() < 1e-2);
}

fn refuses<F: Forecaster + Copy>(forecaster: F, least: usize, with_horizon: impl Fn(usize) -> F) {
    let history = random_walk("AAPL", 400, 3);
    let short = fit(forecaster, &history.first_bars(least).unwrap()).err().unwrap();
    assert!(matches!(short, ForecastError::TooShort { have, need, .. } if have == least && need == least + 1));
    assert!(fit(forecaster, &history.first_bars(least + 1).unwrap()).is_ok());
    for horizon in [0, MAX_HORIZON + 1, usize::MAX] {
        assert!(matches!(fit(with_horizon(horizon), &history), Err(ForecastError::Unsuitable(_))));
    }
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(forecaster.fit(&history, &cancel, &NoProgress), Err(ForecastError::Cancelled)));
    let fitted = fit(forecaster, &history).unwrap();
    for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        let mut bars = history.bars().to_vec();
        bars[80].close = bad;
        let broken = with_bars(bars);
        assert!(matches!(fit(forecaster, &broken), Err(ForecastError::NonFinite { .. })), "{bad}");
        assert!(matches!(fitted.predict(&broken), Err(ForecastError::NonFinite { .. })), "{bad}");
    }
    let two = history.first_bars(2).unwrap();
    assert!(matches!(fitted.predict(&two), Err(ForecastError::TooShort { have: 2, .. })));
}

#[test]
fn invalid_input_is_refused() {
    refuses(EwmaT { horizon: 1 }, 60, |horizon| EwmaT { horizon });
    refuses(GarchT { horizon: 1 }, 250, |horizon| GarchT { horizon });
    refuses(Har { horizon: 1 }, 250, |horizon| Har { horizon });
}

#[test]
fn constant_closes_have_no_volatility() {
    let still = from_returns("AAPL", &[0.0; 400]);
    let ewma = fit(EwmaT { horizon: 1 }, &still).unwrap().predict(&still);
    assert!(matches!(ewma, Err(ForecastError::Unsuitable(message)) if message.contains("are constant")));
    let garch = fit(GarchT { horizon: 1 }, &still);
    assert!(matches!(garch, Err(ForecastError::Unsuitable(message)) if message.contains("are constant")));
    let har = fit(Har { horizon: 1 }, &still);
    assert!(matches!(har, Err(ForecastError::Unsuitable(message)) if message.contains("are constant")));
}

#[test]
fn garch_fits_a_symbol_that_rarely_trades() {
    // Nine days in ten without a move: the likelihood has its top at the edge of what is allowed.
    let returns: Vec<f64> =
        (0..600).map(|day| if day % 10 == 0 { 2.0 - f64::from(day % 40) / 10.0 } else { 0.0 }).collect();
    let history = history_of(&returns);
    let fitted = garch(&history);
    let parameters = fitted.parameters();
    assert!(parameters.omega > 0.0 && parameters.alpha + parameters.beta < 1.0, "{parameters:?}");
    assert!(fitted.predict(&history).unwrap().sessions.iter().all(|session| session.quantiles.len() == 21));
}

#[test]
fn har_without_ranges_is_refused() {
    let history = random_walk("AAPL", 400, 4);
    let closes_alone = |count: usize| {
        let mut bars = history.bars().to_vec();
        for bar in &mut bars[..count] {
            (bar.open, bar.high, bar.low) = (bar.close, bar.close, bar.close);
        }
        with_bars(bars)
    };
    let error = fit(Har { horizon: 1 }, &closes_alone(400)).unwrap_err();
    assert!(matches!(error, ForecastError::Unsuitable(_)));
    assert!(error.to_string().contains("AAPL has a high above its low on 0 of 400 days"), "{error}");
    assert!(fit(Har { horizon: 1 }, &closes_alone(200)).is_err());
    assert!(fit(Har { horizon: 1 }, &closes_alone(150)).is_ok());
    let fitted = fit(Har { horizon: 1 }, &history).unwrap();
    assert!(matches!(fitted.predict(&closes_alone(400)), Err(ForecastError::Unsuitable(_))));
}
