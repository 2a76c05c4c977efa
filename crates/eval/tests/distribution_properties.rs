//! What must hold for the measures of any forecast distribution.

use closecast_eval::{
    EvalError, MultiCoverage, PitHistogram, VENTILES, central_misses, christoffersen, coverage, crps_of_quantiles,
    geometric_mean_ratio, pinball, pit_of_quantiles, significance::kupiec,
};
use proptest::prelude::*;

/// Sums of a few dozen doubles in another order: some ulps apart.
const SUMS: f64 = 1e-12;

/// Logarithms of shares cancel in a likelihood ratio.
const RATIOS: f64 = 1e-9;

/// A rising list of levels, quantiles at them that never fall (some coincide), and a realised value.
fn distribution() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, f64)> {
    let levels = prop::collection::btree_set(1..1000_u32, 1..30);
    let steps = prop::collection::vec(prop_oneof![0.0..3.0_f64, Just(0.0)], 30);
    (levels, steps, -40.0..5.0_f64, -45.0..50.0_f64).prop_map(|(levels, steps, mut value, realised)| {
        let levels: Vec<f64> = levels.into_iter().map(|level| f64::from(level) / 1000.0).collect();
        let quantiles = steps.iter().take(levels.len()).map(|step| {
            value += step;
            value
        });
        let quantiles = quantiles.collect();
        (levels, quantiles, realised)
    })
}

fn mapped(values: &[f64], map: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter().map(|&value| map(value)).collect()
}

proptest! {
    #[test]
    fn scores_are_non_negative_and_scale_with_the_currency(
        (levels, quantiles, realised) in distribution(), factor in 1e-3..1e3_f64,
    ) {
        let score = crps_of_quantiles(&levels, &quantiles, realised)?;
        let farthest = quantiles.iter().map(|quantile| (realised - quantile).abs()).fold(0.0, f64::max);
        prop_assert!(0.0 <= score && score <= 2.0 * farthest);
        prop_assert_eq!(score == 0.0, farthest == 0.0);
        prop_assert_eq!(score, 2.0 * pinball(&levels, &quantiles, realised)?);
        let scaled = crps_of_quantiles(&levels, &mapped(&quantiles, |value| value * factor), realised * factor)?;
        // Differences of values up to 100 cancel: absolute, in units of the scaled values.
        prop_assert!((scaled - factor * score).abs() <= SUMS * 100.0 * factor);
        // Turned over, upper quantiles become lower ones.
        let turned: Vec<f64> = quantiles.iter().rev().map(|value| -value).collect();
        let complements: Vec<f64> = levels.iter().rev().map(|level| 1.0 - level).collect();
        prop_assert!((crps_of_quantiles(&complements, &turned, -realised)? - score).abs() <= SUMS * 100.0);
    }

    #[test]
    fn pit_is_monotonic_and_does_not_depend_on_the_unit(
        (levels, quantiles, realised) in distribution(), further in 0.0..20.0_f64,
    ) {
        let pit = pit_of_quantiles(&levels, &quantiles, realised)?;
        prop_assert!(0.0 < pit && pit < 1.0);
        prop_assert!(pit <= pit_of_quantiles(&levels, &quantiles, realised + further)?);
        // A factor of two changes no digit.
        prop_assert_eq!(pit, pit_of_quantiles(&levels, &mapped(&quantiles, |value| value * 8.0), realised * 8.0)?);
        for &quantile in &quantiles {
            let at = pit_of_quantiles(&levels, &quantiles, quantile)?;
            prop_assert!(levels[0] <= at && at <= levels[levels.len() - 1]);
        }
    }

    #[test]
    fn bins_count_the_ventiles_below(
        steps in prop::collection::vec(prop_oneof![0.0..3.0_f64, Just(0.0)], VENTILES.len()),
        lowest in -40.0..5.0_f64, realised in -45.0..50.0_f64,
    ) {
        let rising = |value: &mut f64, step: &f64| {
            *value += step;
            Some(*value)
        };
        let quantiles: Vec<f64> = steps.iter().scan(lowest, rising).collect();
        let histogram = PitHistogram::of(&VENTILES, &[&quantiles], &[realised])?.unwrap();
        let below = quantiles.iter().filter(|&&quantile| quantile < realised).count();
        prop_assert_eq!(histogram.counts()[below], 1);
        prop_assert_eq!(histogram.days(), 1);
    }

    #[test]
    fn intervals_are_counted_as_by_coverage(
        (levels, quantiles, _) in distribution(), realised in prop::collection::vec(-45.0..50.0_f64, 1..40),
    ) {
        let (low, high) = (levels[0], levels[levels.len() - 1]);
        let forecasts = vec![quantiles; realised.len()];
        let all = MultiCoverage::of(&levels, &forecasts, &realised)?;
        for (inside, central) in all.inside.into_iter().zip([0.5, 0.8, 0.9, 0.95]) {
            let reaches = low <= (1.0 - central) / 2.0 + 1e-9 && high >= f64::midpoint(1.0, central) - 1e-9;
            prop_assert_eq!(inside.is_some(), reaches);
        }
        // Larger intervals hold what smaller ones hold.
        let known: Vec<usize> = all.inside.into_iter().flatten().collect();
        prop_assert!(known.windows(2).all(|pair| pair[0] <= pair[1]));
        // Symmetric outermost levels are the ends themselves.
        let symmetric = [low, 1.0 - low];
        prop_assume!(low < 0.5);
        let ends: Vec<[f64; 2]> = forecasts.iter().map(|q| [q[0], q[q.len() - 1]]).collect();
        let misses = central_misses(&symmetric, &ends, &realised, 1.0 - 2.0 * low)?.unwrap();
        let intervals: Vec<(f64, f64)> = ends.iter().map(|end| (end[0], end[1])).collect();
        let share = misses.iter().filter(|&&miss| !miss).count() as f64 / misses.len() as f64;
        prop_assert_eq!(share, coverage(&realised, &intervals)?);
        let level = 1.0 - 2.0 * low;
        prop_assert_eq!(christoffersen(&misses, level)?.unconditional, kupiec(&realised, &intervals, level)?);
    }

    #[test]
    fn christoffersens_ratios_are_nested(misses in prop::collection::vec(any::<bool>(), 1..80), level in 0.01..0.99) {
        let result = christoffersen(&misses, level)?;
        prop_assert_eq!(result.independence.is_some(), result.conditional.is_some());
        let known = result.miss_after_miss.is_some() && result.miss_after_inside.is_some();
        prop_assert_eq!(result.independence.is_some(), known);
        if let (Some(independence), Some(conditional)) = (result.independence, result.conditional) {
            prop_assert!(independence.statistic >= 0.0 && conditional.statistic >= independence.statistic - RATIOS);
            prop_assert!((0.0..=1.0).contains(&independence.p_value) && (0.0..=1.0).contains(&conditional.p_value));
            // What is counted as a miss is a name: turned over, the same days give the same ratios.
            let turned: Vec<bool> = misses.iter().map(|miss| !miss).collect();
            let turned = christoffersen(&turned, 1.0 - level)?;
            prop_assert!((turned.independence.unwrap().statistic - independence.statistic).abs() < RATIOS);
            prop_assert!((turned.conditional.unwrap().statistic - conditional.statistic).abs() < RATIOS);
        }
    }

    #[test]
    fn geometric_mean_inverts_with_the_base(pairs in prop::collection::vec((1e-6..1e3_f64, 1e-6..1e3_f64), 1..60)) {
        let forth = geometric_mean_ratio(&pairs)?;
        let turned: Vec<(f64, f64)> = pairs.iter().map(|&(ours, base)| (base, ours)).collect();
        let back = geometric_mean_ratio(&turned)?;
        prop_assert!((forth.ratio * back.ratio - 1.0).abs() < SUMS);
        let ties = pairs.iter().filter(|(ours, base)| ours == base).count() as f64 / pairs.len() as f64;
        prop_assert!((forth.share_lower + back.share_lower + ties - 1.0).abs() < SUMS);
        let scaled: Vec<(f64, f64)> = pairs.iter().map(|&(ours, base)| (8.0 * ours, 8.0 * base)).collect();
        prop_assert!((geometric_mean_ratio(&scaled)?.ratio - forth.ratio).abs() < SUMS * forth.ratio);
    }

    #[test]
    fn every_non_finite_number_is_refused(
        (levels, quantiles, realised) in distribution(), at in 0..30_usize,
        bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ) {
        let at = at % levels.len();
        let (mut bad_levels, mut bad_quantiles) = (levels.clone(), quantiles.clone());
        bad_levels[at] = bad;
        bad_quantiles[at] = bad;
        for (l, q, y) in
            [(&bad_levels, &quantiles, realised), (&levels, &bad_quantiles, realised), (&levels, &quantiles, bad)]
        {
            for result in [
                pinball(l, q, y).map(drop),
                crps_of_quantiles(l, q, y).map(drop),
                pit_of_quantiles(l, q, y).map(drop),
                PitHistogram::of(l, &[q], &[y]).map(drop),
                MultiCoverage::of(l, &[q], &[y]).map(drop),
                central_misses(l, &[q], &[y], 0.9).map(drop),
            ] {
                let is_non_finite = matches!(result, Err(EvalError::NonFinite { .. }));
                prop_assert!(is_non_finite, "{:?}", result);
            }
        }
    }
}
