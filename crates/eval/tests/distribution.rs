//! Measures of forecast distributions against scikit-learn, SciPy and NumPy (`fixtures/distribution.py` made
//! `fixtures/distribution.json`), and on days that are calibrated by construction.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use closecast_eval::{
    EvalError, LikelihoodRatio, MultiCoverage, PIT_BINS, PitHistogram, VENTILES, central_misses, christoffersen,
    crps_of_quantiles, geometric_mean_ratio, pinball, pit_of_quantiles,
};
use closecast_testkit::random::SplitMix64;
use closecast_testkit::reference::{cases, count, list, number};
use serde_json::Value;

/// Both sides sum a few dozen doubles: some ulps apart.
const SUMS: f64 = 1e-12;

/// Logarithms of shares cancel in a likelihood ratio, and a p-value magnifies its error by the statistic's size.
const TESTS: f64 = 1e-9;

/// The score over 100 evenly spaced levels is a midpoint rule for its integral, short of the outermost half percent:
/// the tails of Student's t cost up to 0.1 % where the value lies far out. A wrong factor or level costs far more.
const MIDPOINT_RULE: f64 = 2e-3;

fn reference(part: &str) -> Vec<Value> {
    cases(include_str!("../fixtures/distribution.json"), part)
}

#[track_caller]
fn assert_close(what: &str, ours: f64, theirs: &Value, tolerance: f64) {
    let theirs = number(theirs);
    assert!((ours - theirs).abs() <= tolerance * theirs.abs(), "{what}: {ours} is not {theirs}");
}

/// Name, levels, quantiles of each day, realised values.
fn days(case: &Value) -> (&str, Vec<f64>, Vec<Vec<f64>>, Vec<f64>) {
    let quantiles = case["quantiles"].as_array().unwrap().iter().map(list).collect();
    (case["name"].as_str().unwrap(), list(&case["levels"]), quantiles, list(&case["realised"]))
}

#[test]
fn losses_and_pit_agree_with_scikit_learn_and_numpy() -> Result<(), EvalError> {
    for case in reference("days") {
        let (name, levels, quantiles, realised) = days(&case);
        for (day, (quantiles, &realised)) in quantiles.iter().zip(&realised).enumerate() {
            let what = format!("{name}, day {day}");
            assert_close(&what, pinball(&levels, quantiles, realised)?, &case["pinball"][day], SUMS);
            assert_close(&what, pit_of_quantiles(&levels, quantiles, realised)?, &case["pit"][day], SUMS);
        }
    }
    Ok(())
}

#[test]
fn counts_of_days_agree_with_numpy_and_scipy() -> Result<(), EvalError> {
    for case in reference("days") {
        let (name, levels, quantiles, realised) = days(&case);
        let inside: Vec<Option<usize>> = case["inside"]
            .as_array()
            .unwrap()
            .iter()
            .map(|inside| (!inside.is_null()).then(|| count(inside)))
            .collect();
        assert_eq!(MultiCoverage::of(&levels, &quantiles, &realised)?.inside[..], inside, "{name}");
        let histogram = PitHistogram::of(&levels, &quantiles, &realised)?.unwrap();
        let counts: Vec<usize> = case["counts"].as_array().unwrap().iter().map(count).collect();
        assert_eq!(histogram.counts()[..], counts, "{name}");
        let uniformity = histogram.uniformity()?;
        assert_close(name, uniformity.statistic, &case["statistic"], SUMS);
        assert_close(name, uniformity.p_value, &case["p_value"], TESTS);
    }
    Ok(())
}

#[test]
fn many_levels_approach_the_integral_by_scipy() -> Result<(), EvalError> {
    for case in reference("crps") {
        let (levels, quantiles) = (list(&case["levels"]), list(&case["quantiles"]));
        let ours = crps_of_quantiles(&levels, &quantiles, number(&case["realised"]))?;
        assert_close(case["name"].as_str().unwrap(), ours, &case["crps"], MIDPOINT_RULE);
    }
    Ok(())
}

#[test]
fn uniformity_agrees_with_scipy() -> Result<(), EvalError> {
    for case in reference("uniformity") {
        let histogram: PitHistogram = serde_json::from_value(serde_json::json!({ "counts": case["counts"] })).unwrap();
        let ours = histogram.uniformity()?;
        assert_close("statistic", ours.statistic, &case["statistic"], SUMS);
        assert_close("p-value", ours.p_value, &case["p_value"], TESTS);
    }
    Ok(())
}

#[test]
fn christoffersens_tests_agree_with_scipy() -> Result<(), EvalError> {
    for case in reference("christoffersen") {
        let name = case["name"].as_str().unwrap();
        let misses: Vec<bool> = list(&case["misses"]).into_iter().map(|miss| miss == 1.0).collect();
        let ours = christoffersen(&misses, number(&case["level"]))?;
        let kupiec = LikelihoodRatio { statistic: ours.unconditional.statistic, p_value: ours.unconditional.p_value };
        let ratios = [
            ("unconditional", kupiec),
            ("independence", ours.independence.unwrap()),
            ("conditional", ours.conditional.unwrap()),
        ];
        for (what, ratio) in ratios {
            assert_close(&format!("{name}: {what}"), ratio.statistic, &case[what][0], TESTS);
            assert_close(&format!("{name}: {what}"), ratio.p_value, &case[what][1], TESTS);
        }
        assert_close(name, ours.miss_after_inside.unwrap(), &case["after"][0], SUMS);
        assert_close(name, ours.miss_after_miss.unwrap(), &case["after"][1], SUMS);
    }
    Ok(())
}

#[test]
fn geometric_means_agree_with_scipy() -> Result<(), EvalError> {
    for case in reference("geometric_mean") {
        let pairs: Vec<(f64, f64)> =
            case["pairs"].as_array().unwrap().iter().map(|pair| (number(&pair[0]), number(&pair[1]))).collect();
        let ours = geometric_mean_ratio(&pairs)?;
        assert_eq!(ours.symbols, pairs.len());
        assert_close("ratio", ours.ratio, &case["ratio"], SUMS);
        assert_close("share", ours.share_lower, &case["share_lower"], SUMS);
    }
    Ok(())
}

/// Uniform values, and distributions that are uniform too: calibrated when `width` is 1, else too narrow or too wide.
fn uniform_days(seed: u64, days: usize, width: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut random = SplitMix64::new(seed);
    (0..days)
        .map(|_| {
            let (centre, scale) = (random.normal(), 0.5 + random.uniform());
            let quantiles = VENTILES.iter().map(|level| centre + scale * width * (level - 0.5)).collect();
            (quantiles, centre + scale * (random.uniform() - 0.5))
        })
        .unzip()
}

/// P-values of the histogram's test, Kupiec's, independence and conditional coverage.
fn p_values(quantiles: &[Vec<f64>], realised: &[f64]) -> Result<[f64; 4], EvalError> {
    let histogram = PitHistogram::of(&VENTILES, quantiles, realised)?.unwrap();
    let misses = central_misses(&VENTILES, quantiles, realised, 0.9)?.unwrap();
    let chain = christoffersen(&misses, 0.9)?;
    let [independence, conditional] = [chain.independence, chain.conditional].map(|ratio| ratio.unwrap().p_value);
    Ok([histogram.uniformity()?.p_value, chain.unconditional.p_value, independence, conditional])
}

#[test]
fn tests_reject_calibrated_days_as_seldom_as_they_promise() -> Result<(), EvalError> {
    let mut rejected = [0; 4];
    for sample in 0..200_u64 {
        let (quantiles, realised) = uniform_days(sample * 1_000_003, 500, 1.0);
        for (rejected, p_value) in rejected.iter_mut().zip(p_values(&quantiles, &realised)?) {
            *rejected += usize::from(p_value < 0.05);
        }
    }
    // 5 % of 200 samples are 10, with a standard deviation of √(200·0.05·0.95) = 3.1: three of them either way.
    assert!(rejected.iter().all(|rejected| (1..=19).contains(rejected)), "{rejected:?}");
    Ok(())
}

#[test]
fn tests_reject_days_that_are_not_calibrated() -> Result<(), EvalError> {
    for width in [0.8, 1.08] {
        let (quantiles, realised) = uniform_days(20_240_613, 4000, width);
        let [histogram, kupiec, _, conditional] = p_values(&quantiles, &realised)?;
        assert!(histogram < 1e-6 && kupiec < 1e-6 && conditional < 1e-6, "{width}");
        let counts = *PitHistogram::of(&VENTILES, &quantiles, &realised)?.unwrap().counts();
        assert_eq!(counts[0] + counts[PIT_BINS - 1] > 400, width < 1.0, "{counts:?}");
    }
    Ok(())
}

#[test]
fn calibrated_days_fall_evenly() -> Result<(), EvalError> {
    let (quantiles, realised) = uniform_days(20_240_613, 4000, 1.0);
    let pits = quantiles.iter().zip(&realised).map(|(q, &y)| pit_of_quantiles(&VENTILES, q, y));
    let mean_pit = pits.sum::<Result<f64, EvalError>>()? / 4000.0;
    // Three standard errors of a uniform mean: 3 / √(12·4000).
    assert!((mean_pit - 0.5).abs() < 0.0137, "{mean_pit}");
    let shares = MultiCoverage::of(&VENTILES, &quantiles, &realised)?.shares();
    for (share, level) in shares.into_iter().zip([0.5, 0.8, 0.9]) {
        let three_errors = 3.0 * (level * (1.0 - level) / 4000.0_f64).sqrt();
        assert!((share.unwrap() - level).abs() < three_errors, "{share:?} of {level}");
    }
    assert_eq!(shares[3], None);
    Ok(())
}

#[test]
fn no_other_width_scores_better_than_the_true_one() -> Result<(), EvalError> {
    let score = |width: f64| {
        let (quantiles, realised) = uniform_days(20_240_613, 4000, width);
        let days = quantiles.iter().zip(&realised).map(|(q, &y)| crps_of_quantiles(&VENTILES, q, y));
        days.sum::<Result<f64, EvalError>>()
    };
    let calibrated = score(1.0)?;
    for width in [0.0, 0.5, 0.8, 1.25, 2.0] {
        assert!(score(width)? > calibrated, "{width}");
    }
    Ok(())
}
