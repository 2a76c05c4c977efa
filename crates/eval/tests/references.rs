//! Everything against scikit-learn, statsmodels, SciPy and NumPy: `fixtures/reference.py` made `fixtures/reference.json`.

use closecast_eval::{
    DieboldMariano, EvalError, Loss, Outcome, conformal_quantiles, coverage, diebold_mariano, empirical_quantiles,
    evaluate,
    metrics::{directional_accuracy, lag_one_copy, mae, mape, r2, r2_naive, relative_mae, rmse},
    significance::{LongRunVariance, Z_95, kupiec, wilson_interval},
};
use closecast_testkit::reference::{cases, count, list, number};
use serde_json::Value;

/// Both sides sum a few hundred doubles; ours with compensation, theirs pairwise: some ulps apart.
const SUMS: f64 = 1e-12;

/// Autocovariances cancel, and a p-value magnifies the statistic's relative error by about its square.
const TESTS: f64 = 1e-9;

fn reference(part: &str) -> Vec<Value> {
    cases(include_str!("../fixtures/reference.json"), part)
}

#[track_caller]
fn assert_close(what: &str, ours: f64, theirs: &Value, tolerance: f64) {
    let theirs = number(theirs);
    let difference = (ours - theirs).abs();
    assert!(difference <= tolerance * theirs.abs().max(f64::MIN_POSITIVE), "{what}: {ours} is not {theirs}");
}

#[test]
fn metrics_agree_with_scikit_learn() -> Result<(), EvalError> {
    for case in reference("metrics") {
        let (actual, forecast, last) = (list(&case["actual"]), list(&case["forecast"]), list(&case["last_close"]));
        let name = case["name"].as_str().unwrap();
        let close = |what: &str, ours: f64| assert_close(&format!("{name}: {what}"), ours, &case[what], SUMS);
        close("mae", mae(&actual, &forecast)?);
        close("rmse", rmse(&actual, &forecast)?);
        close("mape", mape(&actual, &forecast)?.percent.unwrap());
        close("r2", r2(&actual, &forecast)?.unwrap());
        close("r2_naive", r2_naive(&actual, &forecast, &last)?.unwrap());
        close("relative_mae", relative_mae(&actual, &forecast, &last)?.unwrap());
        close("lag_one_copy", lag_one_copy(&actual, &forecast, &last)?.unwrap());
        let ours = directional_accuracy(&actual, &forecast, &last)?.unwrap();
        let theirs = &case["direction"];
        assert_eq!(ours.days, count(&theirs["days"]), "{name}");
        for (what, value) in [("value", ours.value), ("lower", ours.lower), ("upper", ours.upper)] {
            assert_close(&format!("{name}: direction {what}"), value, &theirs[what], SUMS);
        }
    }
    Ok(())
}

#[test]
fn evaluation_has_the_same_figures() -> Result<(), EvalError> {
    for case in reference("metrics") {
        let (actual, point, last) = (list(&case["actual"]), list(&case["forecast"]), list(&case["last_close"]));
        let start = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
        let outcomes: Vec<Outcome> = start
            .iter_days()
            .zip(actual.iter().zip(&point).zip(&last))
            .map(|(date, ((&actual, &point), &last_close))| Outcome { date, last_close, actual, point })
            .collect();
        let part = evaluate(&outcomes)?;
        let close = |what: &str, ours: f64| assert_close(what, ours, &case[what], SUMS);
        assert_eq!(part.model.days, actual.len());
        close("mae", part.model.mae);
        close("rmse", part.model.rmse);
        close("mape", part.model.mape.unwrap());
        close("r2", part.model.r2.unwrap());
        close("r2_naive", part.model.r2_naive.unwrap());
        close("relative_mae", part.model.rel_mae_naive.unwrap());
        assert_eq!(part.model.directional_accuracy, directional_accuracy(&actual, &point, &last)?);
        assert_close("p-value", part.model.dm_p_value.unwrap(), &case["dm_p_value"], TESTS);
        assert_eq!(part.naive.mae, mae(&actual, &last)?);
        assert_eq!((part.naive.rel_mae_naive, part.naive.r2_naive), (Some(1.0), Some(0.0)));
        assert_eq!((part.naive.dm_p_value, part.naive.directional_accuracy), (None, None));
    }
    Ok(())
}

#[test]
fn wilson_intervals_agree_with_statsmodels() -> Result<(), EvalError> {
    for case in reference("wilson") {
        let (lower, upper) = wilson_interval(count(&case[0]), count(&case[1]), Z_95)?;
        // Absolute, because statsmodels leaves rounding noise where the exact lower end is 0.
        assert!((lower - number(&case[2])).abs() < SUMS && (upper - number(&case[3])).abs() < SUMS, "{case}");
    }
    Ok(())
}

#[test]
fn diebold_mariano_agrees_with_statsmodels_and_scipy() {
    for case in reference("diebold_mariano") {
        let loss: Loss = serde_json::from_value(case["loss"].clone()).unwrap();
        let horizon = count(&case["horizon"]);
        let (first, second) = (list(&case["first_errors"]), list(&case["second_errors"]));
        let ours: DieboldMariano = diebold_mariano(&first, &second, horizon, loss).unwrap().unwrap();
        let name = case["name"].as_str().unwrap();
        let close = |what: &str, ours: f64| assert_close(&format!("{name}: {what}"), ours, &case[what], TESTS);
        assert_eq!(ours.days, first.len());
        assert_eq!(ours.variance, serde_json::from_value::<LongRunVariance>(case["variance"].clone()).unwrap());
        close("mean_difference", ours.mean_difference);
        close("statistic", ours.statistic);
        close("p_value", ours.p_value);
        close("p_value_first_better", ours.p_value_first_better);
    }
}

#[test]
fn students_distribution_agrees_with_scipy() {
    use statrs::distribution::{ContinuousCDF, StudentsT};
    for case in reference("student_cdf") {
        let ours = StudentsT::new(0.0, 1.0, number(&case[1])).unwrap().cdf(number(&case[0]));
        // The logarithms of two gamma functions of 10 000 nearly cancel, which costs four digits more than TESTS.
        assert_close(&case.to_string(), ours, &case[2], TESTS);
    }
}

#[test]
fn quantiles_agree_with_numpy() -> Result<(), EvalError> {
    for case in reference("quantiles") {
        let (residuals, levels) = (list(&case["residuals"]), list(&case["levels"]));
        for (ours, theirs) in empirical_quantiles(&residuals, &levels)?.iter().zip(list(&case["empirical"])) {
            assert!((ours.z - theirs).abs() < SUMS, "{ours:?} is not {theirs}");
        }
        let conformal = conformal_quantiles(&residuals, &levels)?;
        let theirs = list(&case["conformal"]);
        assert_eq!(conformal.len(), theirs.len());
        for (ours, theirs) in conformal.iter().zip(theirs) {
            assert!((ours.z - theirs).abs() < SUMS, "{ours:?} is not {theirs} of {} residuals", residuals.len());
        }
    }
    Ok(())
}

#[test]
fn kupiecs_test_agrees_with_scipy() -> Result<(), EvalError> {
    for case in reference("kupiec") {
        let (days, misses) = (count(&case["days"]), count(&case["misses"]));
        let actual: Vec<f64> = (0..days).map(|day| if day < misses { 9.0 } else { 0.0 }).collect();
        let intervals = vec![(-1.0, 1.0); days];
        let ours = kupiec(&actual, &intervals, number(&case["level"]))?;
        assert_eq!((ours.days, ours.misses), (days, misses));
        assert!((coverage(&actual, &intervals)? - (1.0 - misses as f64 / days as f64)).abs() < SUMS);
        // Absolute, because both leave rounding noise where the statistic is 0; √ makes 1e-8 of it in p.
        assert!((ours.statistic - number(&case["statistic"])).abs() < TESTS, "{case}: {ours:?}");
        assert!((ours.p_value - number(&case["p_value"])).abs() < 1e-6, "{case}: {ours:?}");
    }
    Ok(())
}
