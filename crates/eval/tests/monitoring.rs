//! What is watched of models in service: against statsmodels and SciPy (`fixtures/monitoring.py` made
//! `fixtures/monitoring.json`), and what must hold of any figures.

use closecast_eval::{
    Bias, DriftReport, FeatureDays, TrainingReference,
    drift::{MeanShift, benjamini_hochberg, effective_days, mean_shift},
};
use closecast_testkit::reference::{cases, count, list, number};
use proptest::prelude::*;
use serde_json::Value;

fn reference(part: &str) -> Vec<Value> {
    cases(include_str!("../fixtures/monitoring.json"), part)
}

#[track_caller]
fn assert_close(what: &str, ours: f64, theirs: &Value, tolerance: f64) {
    let theirs = number(theirs);
    assert!((ours - theirs).abs() <= tolerance * theirs.abs().max(1e-12), "{what}: {ours} is not {theirs}");
}

#[test]
fn shifts_agree_with_statsmodels_and_scipy() {
    for case in reference("shifts") {
        let (name, days) = (case["name"].as_str().unwrap(), count(&case["days"]));
        let reference = TrainingReference {
            mean: number(&case["reference_mean"]),
            standard_deviation: number(&case["reference_standard_deviation"]),
        };
        let ours = mean_shift(&list(&case["values"]), days, reference).unwrap();
        let MeanShift { mean, shift, effective_days, z, p_value } = ours;
        for (what, value) in [("mean", mean), ("shift", shift), ("effective_days", effective_days), ("z", z)] {
            assert_close(&format!("{name}: {what}"), value, &case[what], 1e-10);
        }
        assert_close(&format!("{name}: p_value"), p_value, &case["p_value"], 1e-8);
    }
}

#[test]
fn corrected_p_values_agree_with_statsmodels() {
    for case in reference("discoveries") {
        let ours = benjamini_hochberg(&list(&case["p_values"])).unwrap();
        for (ours, theirs) in ours.iter().zip(case["adjusted"].as_array().unwrap()) {
            assert_close("adjusted", *ours, theirs, 1e-12);
        }
    }
}

#[test]
fn biases_agree_with_statsmodels() {
    for case in reference("biases") {
        let name = case["name"].as_str().unwrap();
        let Bias { mean, standard_error, lower, upper, p_value, .. } = Bias::of(&list(&case["errors"])).unwrap();
        let figures = [("mean", mean), ("standard_error", standard_error), ("lower", lower), ("upper", upper)];
        for (what, value) in figures {
            assert_close(&format!("{name}: {what}"), value, &case[what], 1e-9);
        }
        assert_close(&format!("{name}: p_value"), p_value, &case["p_value"], 1e-8);
    }
}

fn inputs() -> impl Strategy<Value = (Vec<f64>, usize, TrainingReference)> {
    let values = prop::collection::vec(-50.0..50.0_f64, 4..120);
    let reference = (-20.0..20.0_f64, 0.1..20.0_f64)
        .prop_map(|(mean, standard_deviation)| TrainingReference { mean, standard_deviation });
    (values, 1..120_usize, reference).prop_map(|(values, days, reference)| {
        let days = days.min(values.len());
        (values, days, reference)
    })
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
}

proptest! {
    #[test]
    fn z_score_does_not_depend_on_unit_or_origin(
        (values, days, reference) in inputs(), unit in 1e-2..1e2_f64, origin in -1e2..1e2_f64
    ) {
        let moved: Vec<f64> = values.iter().map(|value| origin + unit * value).collect();
        let other = TrainingReference {
            mean: origin + unit * reference.mean,
            standard_deviation: unit * reference.standard_deviation,
        };
        let (a, b) = (mean_shift(&values, days, reference).unwrap(), mean_shift(&moved, days, other).unwrap());
        prop_assert!(near(a.z, b.z) && near(a.shift, b.shift) && near(a.effective_days, b.effective_days));
    }

    #[test]
    fn negated_values_negate_the_shift((values, days, reference) in inputs()) {
        let turned: Vec<f64> = values.iter().map(|value| -value).collect();
        let other = TrainingReference { mean: -reference.mean, ..reference };
        let (a, b) = (mean_shift(&values, days, reference).unwrap(), mean_shift(&turned, days, other).unwrap());
        prop_assert!(near(a.z, -b.z) && near(a.p_value, b.p_value));
    }

    #[test]
    fn effective_days_never_exceed_days((values, days, reference) in inputs()) {
        let effective = effective_days(&values, days).unwrap();
        prop_assert!((1.0..=days as f64).contains(&effective));
        let shift = mean_shift(&values, days, reference).unwrap();
        prop_assert!(shift.z.abs() <= shift.shift.abs() * (days as f64).sqrt() + 1e-9);
        prop_assert!((0.0..=1.0).contains(&shift.p_value));
    }

    #[test]
    fn days_equal_to_the_training_part_have_no_shift((values, days, reference) in inputs()) {
        let newest = &values[values.len() - days..];
        let mean = newest.iter().sum::<f64>() / days as f64;
        let shift = mean_shift(&values, days, TrainingReference { mean, ..reference }).unwrap();
        prop_assert!(shift.z.abs() < 1e-6 && shift.p_value > 0.999);
    }

    #[test]
    fn correction_raises_p_values_and_keeps_their_order(p_values in prop::collection::vec(0.0..=1.0_f64, 1..60)) {
        let adjusted = benjamini_hochberg(&p_values).unwrap();
        for (p, q) in p_values.iter().zip(&adjusted) {
            prop_assert!(p <= q && *q <= 1.0);
        }
        for (a, b) in (0..p_values.len()).flat_map(|a| (0..p_values.len()).map(move |b| (a, b))) {
            prop_assert!(p_values[a] > p_values[b] || adjusted[a] <= adjusted[b]);
        }
        let backwards: Vec<f64> = p_values.iter().rev().copied().collect();
        let again: Vec<f64> = benjamini_hochberg(&backwards).unwrap().into_iter().rev().collect();
        prop_assert_eq!(again, adjusted);
    }
}

#[test]
fn single_shifted_feature_is_found_among_many() {
    let mut random = closecast_testkit::random::SplitMix64::new(7);
    let reference = TrainingReference { mean: 0.0, standard_deviation: 1.0 };
    let mut inputs: Vec<FeatureDays> = (0..30)
        .map(|number| FeatureDays {
            feature: format!("feature {number}"),
            reference,
            values: (0..500).map(|_| random.normal()).collect(),
        })
        .collect();
    let clean = DriftReport::of(&inputs, 60).unwrap();
    assert_eq!(clean.drifted(), 0);
    inputs[11].values[440..].iter_mut().for_each(|value| *value += 1.0);
    let report = DriftReport::of(&inputs, 60).unwrap();
    let drifted: Vec<&str> = report.features.iter().filter(|f| f.drifted).map(|f| f.feature.as_str()).collect();
    assert_eq!(drifted, ["feature 11"]);
    assert!((report.share_drifted() - 1.0 / 30.0).abs() < 1e-12);
    assert!(DriftReport::of(&[], 60).is_err() && DriftReport::of(&inputs, 501).is_err());
}
