//! Scores of a backtest against pandas, scikit-learn, SciPy and statsmodels (`fixtures/backtest.py` made
//! `fixtures/backtest.json`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use closecast_eval::{
    EvalError,
    backtest::{BacktestRow, Finding, ModelScore, Panel, SymbolScore, findings, scores, slices, worst_volatility},
};
use closecast_testkit::reference::{list, number};
use serde_json::Value;

/// Both sides take logarithms of prices and sum a hundred doubles.
const SUMS: f64 = 1e-9;
/// A p-value magnifies the rounding of its statistic.
const TESTS: f64 = 1e-7;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../fixtures/backtest.json")).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The rows of the fixture: quantiles are those of a distribution of log returns, by its location and scale.
fn rows(fixture: &Value) -> Vec<BacktestRow> {
    let z = list(&fixture["z"]);
    let row = |row: &Value| {
        let [last_close, actual, location, scale, volatility] = [5, 6, 7, 8, 9].map(|at| number(&row[at]));
        let quantiles: Vec<f64> = z.iter().map(|z| last_close * (location + scale * z).exp()).collect();
        BacktestRow {
            model: text(&row[0]).into(),
            symbol: text(&row[1]).parse().unwrap(),
            origin_date: text(&row[2]).parse().unwrap(),
            target_date: text(&row[3]).parse().unwrap(),
            horizon: usize::try_from(row[4].as_u64().unwrap()).unwrap(),
            last_close,
            actual,
            point: last_close * location.exp(),
            interval_95: Some((quantiles[0], quantiles[20])),
            quantiles: quantiles[1..20].to_vec(),
            volatility,
        }
    };
    fixture["rows"].as_array().unwrap().iter().map(row).collect()
}

#[track_caller]
fn close(what: &str, ours: impl Into<Option<f64>>, theirs: &Value, tolerance: f64) {
    match (ours.into(), theirs.as_f64()) {
        (Some(ours), Some(theirs)) => {
            assert!((ours - theirs).abs() <= tolerance * theirs.abs(), "{what}: {ours} is not {theirs}");
        }
        (ours, theirs) => assert_eq!(ours, theirs, "{what}"),
    }
}

fn check_symbol(what: &str, ours: &SymbolScore, theirs: &Value) {
    let what = &format!("{what} {}", ours.symbol);
    assert_eq!((ours.symbol.as_str(), ours.days as u64), (text(&theirs["symbol"]), theirs["days"].as_u64().unwrap()));
    close(what, ours.relative_mae, &theirs["relative_mae"], SUMS);
    close(what, ours.mae_p_value, &theirs["mae_p_value"], TESTS);
    close(what, ours.crps, &theirs["crps"], SUMS);
    close(what, ours.crps_p_value, &theirs["crps_p_value"], TESTS);
    close(what, ours.lag_one_copy, &theirs["lag_one_copy"], SUMS);
    let calibration = ours.calibration.as_ref().unwrap();
    for (at, share) in calibration.coverage.shares().into_iter().enumerate() {
        close(what, share, &theirs["coverage"][at], SUMS);
    }
    close(what, calibration.kupiec_p_value, &theirs["kupiec"], TESTS);
    close(what, calibration.independence_p_value, &theirs["independence"], TESTS);
    close(what, calibration.conditional_p_value, &theirs["conditional"], TESTS);
    close(what, calibration.pit_p_value, &theirs["pit_p_value"], TESTS);
    assert_eq!(serde_json::to_value(calibration.pit.counts()).unwrap(), theirs["pit"], "{what}");
    let errors = &ours.price_errors;
    close(what, errors.mae, &theirs["prices"]["mae"], SUMS);
    close(what, errors.rmse, &theirs["prices"]["rmse"], SUMS);
    close(what, errors.mape, &theirs["prices"]["mape"], SUMS);
    close(what, errors.r2, &theirs["prices"]["r2"], SUMS);
    let direction = errors.directional_accuracy.map(|direction| [direction.value, direction.lower, direction.upper]);
    for at in 0..3 {
        close(what, direction.map(|ends| ends[at]), &theirs["direction"][at], SUMS);
    }
}

fn check_overall(what: &str, ours: &ModelScore, theirs: &Value) {
    close(what, ours.relative_mae, &theirs["relative_mae"], SUMS);
    close(what, ours.mae_test.as_ref().map(|test| test.p_value), &theirs["mae_p_value"], TESTS);
    close(what, ours.lag_one_copy, &theirs["lag_one_copy"], SUMS);
    close(what, ours.directional_accuracy.map(|accuracy| accuracy.lower), &theirs["direction"][1], SUMS);
    assert_eq!(ours.against.len(), 2, "{what}");
    for (other, against) in &ours.against {
        let theirs = &theirs["against"][other];
        close(what, against.relative_crps, &theirs[0], SUMS);
        close(what, against.share_better, &theirs[1], SUMS);
        close(what, against.test.as_ref().map(|test| test.p_value), &theirs[2], TESTS);
    }
    let calibration = ours.calibration.as_ref().unwrap();
    for (at, share) in calibration.coverage.shares().into_iter().enumerate() {
        close(what, share, &theirs["coverage"][at], SUMS);
    }
    close(what, calibration.coverage_p_value, &theirs["coverage_p_value"], TESTS);
    close(what, calibration.share_covered, &theirs["share_covered"], SUMS);
    assert_eq!(calibration.worst.0.as_str(), text(&theirs["worst"][0]), "{what}");
    close(what, calibration.worst.1, &theirs["worst"][1], SUMS);
    close(what, calibration.kupiec_rejected, &theirs["kupiec_rejected"], SUMS);
    close(what, calibration.conditional_rejected, &theirs["conditional_rejected"], SUMS);
    close(what, calibration.pit_p_value, &theirs["pit_p_value"], TESTS);
    close(what, calibration.pit_rejected, &theirs["pit_rejected"], SUMS);
    assert_eq!(serde_json::to_value(calibration.pit.counts()).unwrap(), theirs["pit"], "{what}");
}

#[test]
fn scores_agree_with_pandas_scikit_learn_and_scipy() {
    let fixture = fixture();
    let ours = scores(&rows(&fixture), Some("anchor")).unwrap();
    let theirs = fixture["scores"].as_array().unwrap();
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        let what = format!("{} +{}", ours.model, ours.horizon);
        assert_eq!(what, format!("{} +{}", text(&theirs["model"]), theirs["horizon"]));
        assert_eq!(ours.symbols.len(), 3);
        for (ours, theirs) in ours.symbols.iter().zip(theirs["symbols"].as_array().unwrap()) {
            check_symbol(&what, ours, theirs);
        }
        check_overall(&what, ours, theirs);
    }
}

#[test]
fn curves_agree_with_pandas() {
    let fixture = fixture();
    let rows = rows(&fixture);
    let panel = Panel::new(&rows).unwrap();
    for theirs in fixture["curves"].as_array().unwrap() {
        let horizon = usize::try_from(theirs["horizon"].as_u64().unwrap()).unwrap();
        let window = usize::try_from(theirs["window"].as_u64().unwrap()).unwrap();
        let model = panel.model(text(&theirs["model"]), horizon).unwrap();
        let anchor = panel.model("anchor", horizon).unwrap();
        let same = |what: &str, ours: Vec<(String, f64)>| {
            let theirs = theirs[what].as_array().unwrap();
            assert_eq!(ours.len(), theirs.len(), "{what}");
            for ((name, value), theirs) in ours.iter().zip(theirs) {
                assert_eq!(name, text(&theirs[0]), "{what}");
                close(what, *value, &theirs[1], SUMS);
            }
        };
        let dated = |curve: Vec<(chrono::NaiveDate, f64)>| curve.into_iter().map(|(d, v)| (d.to_string(), v)).collect();
        same("rolling_coverage", dated(model.rolling_coverage(window)));
        same("monthly", dated(model.monthly_relative_crps(anchor).unwrap()));
        let by_symbol = model.relative_crps(anchor);
        same("by_symbol", by_symbol.into_iter().map(|(symbol, value)| (symbol.to_string(), value)).collect());
        let calibration = model.calibration_curve().unwrap();
        assert_eq!(calibration.len(), 9);
        for ((nominal, measured), theirs) in calibration.into_iter().zip(theirs["calibration"].as_array().unwrap()) {
            close("nominal", nominal, &theirs[0], SUMS);
            close("measured", measured, &theirs[1], SUMS);
        }
    }
}

#[test]
fn slices_agree_with_pandas_without_serial_tests() {
    let fixture = fixture();
    let slices = slices(&rows(&fixture), Some("anchor")).unwrap();
    let days: Vec<&str> = slices.iter().map(|slice| slice.days.as_str()).collect();
    assert_eq!(days, ["2023", "2024", "quiet", "ordinary", "wild"]);
    let years = fixture["years"].as_array().unwrap().iter().map(|year| (&year[1], &year[2]));
    let thirds = fixture["thirds"].as_array().unwrap().iter().map(|third| (&third[0], &third[1]));
    let mut held = Vec::new();
    for (slice, (days, inside)) in slices.iter().zip(years.chain(thirds)) {
        let score = slice.scores.iter().find(|score| score.model == "ours" && score.horizon == 1).unwrap();
        let calibration = score.calibration.as_ref().unwrap();
        assert_eq!(calibration.coverage.days as u64, days.as_u64().unwrap(), "{}", slice.days);
        close(&slice.days, calibration.coverage.shares()[2], inside, SUMS);
        held.push((number(inside), slice.days.as_str()));
        let in_order = slice.days.starts_with("20");
        assert_eq!(calibration.conditional_rejected.is_some(), in_order, "{}", slice.days);
        let of_symbol = score.symbols[0].calibration.as_ref().unwrap();
        assert!(in_order || of_symbol.independence_p_value.is_none() && of_symbol.conditional_p_value.is_none());
    }
    let worst = held[2..].iter().copied().min_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
    let (days, share) = worst_volatility(&slices, "ours", 1).unwrap();
    assert_eq!(days, worst.1);
    assert!((share - worst.0).abs() < SUMS);
    assert_eq!(worst_volatility(&slices, "unknown", 1), None);
}

#[test]
fn findings_are_sentences_with_p_values() {
    let fixture = fixture();
    let scores = scores(&rows(&fixture), None).unwrap();
    let score = |model: &str| scores.iter().find(|score| score.model == model && score.horizon == 1).unwrap();
    let ours = score("ours");
    assert_eq!(ours.finding_on_points(), Finding::Better);
    assert_eq!(ours.finding_on_distributions("anchor"), Some(Finding::Better));
    assert_eq!(score("anchor").finding_on_distributions("ours"), Some(Finding::Worse));
    assert_eq!(score("anchor").finding_on_points(), Finding::Untested);
    assert_eq!(ours.finding_on_distributions("ours"), None);
    let sentences = findings(ours, &["naive", "anchor"]);
    assert!(sentences[0].starts_with("Leak alarm"), "it was made with the coming returns: {sentences:?}");
    assert!(sentences[1].starts_with("The point forecasts beat") && sentences[1].contains("p < 0.001"));
    assert!(sentences[3].starts_with("The forecast distributions beat those of anchor: CRPS "), "{sentences:?}");
    assert!(sentences[3].contains("% lower, better on 100 % of 3 symbols (p < 0.001)"), "{sentences:?}");
    assert!(
        sentences[4].ends_with(" of the closes, not significantly fewer than promised (p = 0.309)."),
        "{sentences:?}"
    );
    assert!(findings(score("naive"), &[])[1].ends_with(", significantly more than promised (p = 0.033)."));
    assert_eq!(findings(score("anchor"), &[])[0], "The point forecasts are the last close itself.");
}

#[test]
fn point_forecasts_have_no_calibration() {
    let fixture = fixture();
    let mut rows = rows(&fixture);
    for row in rows.iter_mut().filter(|row| &*row.model == "ours") {
        row.quantiles.clear();
    }
    for score in scores(&rows, Some("ours")).unwrap() {
        let alone = score.model == "ours";
        assert_eq!(score.calibration.is_none(), alone);
        assert_eq!(score.against.len(), usize::from(!alone), "the other one with quantiles");
        assert!(score.relative_mae.is_some() && score.symbols.iter().all(|symbol| symbol.crps_p_value.is_none()));
        assert!(score.symbols.iter().all(|symbol| symbol.crps.is_none() == alone));
    }
    let panel = Panel::new(&rows).unwrap();
    let (ours, anchor) = (panel.model("ours", 1).unwrap(), panel.model("anchor", 1).unwrap());
    assert!(ours.calibration_curve().unwrap().is_empty() && ours.rolling_coverage(20).is_empty());
    assert!(ours.relative_crps(anchor).is_empty() && anchor.monthly_relative_crps(ours).unwrap().is_empty());
    assert!(anchor.rolling_coverage(10_000).is_empty(), "fewer sessions than the window");
}

#[test]
fn coverage_of_95_percent_is_reported_when_every_forecast_has_it() {
    let fixture = fixture();
    let mut rows = rows(&fixture);
    let at = rows.iter().position(|row| &*row.model == "anchor" && row.symbol.as_str() == "BBB").unwrap();
    rows[at].interval_95 = None;
    let before = scores(&self::rows(&fixture), None).unwrap();
    for (score, before) in scores(&rows, None).unwrap().iter().zip(&before) {
        let shares = |score: &ModelScore| score.calibration.as_ref().unwrap().coverage.shares();
        let all_have_it = score.model != "anchor" || score.horizon != 1;
        assert_eq!(shares(score)[..3], shares(before)[..3]);
        assert_eq!(shares(score)[3], shares(before)[3].filter(|_| all_have_it), "{}", score.model);
        assert_eq!(score.against, before.against, "the score is of the ventiles alone");
    }
}

#[test]
fn rows_without_a_score_are_refused() {
    let fixture = fixture();
    let with = |change: fn(&mut BacktestRow)| {
        let mut rows = rows(&fixture);
        change(&mut rows[0]);
        scores(&rows, None).unwrap_err()
    };
    assert!(matches!(with(|row| row.point = -1.0), EvalError::NonFinite { what: "the forecast return", .. }));
    assert!(matches!(with(|row| row.actual = f64::NAN), EvalError::NonFinite { what: "the realised return", .. }));
    assert!(matches!(with(|row| row.quantiles.swap(3, 4)), EvalError::CrossedInterval { .. }));
    assert!(matches!(with(|row| row.quantiles[7] = f64::INFINITY), EvalError::NonFinite { .. }));
    assert!(matches!(with(|row| row.interval_95 = Some((1e6, 1e7))), EvalError::CrossedInterval { .. }));
    assert_eq!(scores(&[], Some("anchor")), Ok(Vec::new()));
}
