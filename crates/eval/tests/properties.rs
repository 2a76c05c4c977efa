//! What must hold for any forecast.

use closecast_eval::{
    EvalError, Loss, VENTILES, conformal_quantiles, coverage, diebold_mariano, empirical_quantiles,
    metrics::{directional_accuracy, lag_one_copy, mae, mape, r2, r2_naive, relative_mae, rmse},
    significance::kupiec,
};
use proptest::prelude::*;

type Days = Vec<(f64, f64, f64)>;

/// Days of (actual, forecast, last close).
fn days(range: std::ops::Range<usize>) -> impl Strategy<Value = Days> {
    let price = || 0.5..500.0_f64;
    prop::collection::vec((price(), price(), price()), range)
}

fn columns(days: &Days) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let column = |pick: fn(&(f64, f64, f64)) -> f64| days.iter().map(pick).collect();
    (column(|day| day.0), column(|day| day.1), column(|day| day.2))
}

fn scaled(values: &[f64], factor: f64) -> Vec<f64> {
    values.iter().map(|value| value * factor).collect()
}

/// Results of all metrics on the same days.
fn all_metrics(actual: &[f64], forecast: &[f64], last: &[f64]) -> Vec<Result<(), EvalError>> {
    vec![
        mae(actual, forecast).map(drop),
        rmse(actual, forecast).map(drop),
        mape(actual, forecast).map(drop),
        r2(actual, forecast).map(drop),
        r2_naive(actual, forecast, last).map(drop),
        relative_mae(actual, forecast, last).map(drop),
        directional_accuracy(actual, forecast, last).map(drop),
        lag_one_copy(actual, forecast, last).map(drop),
        diebold_mariano(actual, forecast, 1, Loss::Squared).map(drop),
    ]
}

/// Equal but for the rounding of the inputs' scaling, which sums and quotients of positive terms do not magnify.
fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

proptest! {
    #[test]
    fn naive_is_exactly_as_good_as_naive(days in days(1..60)) {
        let (actual, _, last) = columns(&days);
        prop_assert_eq!(relative_mae(&actual, &last, &last), Ok(Some(1.0)));
        prop_assert_eq!(r2_naive(&actual, &last, &last), Ok(Some(0.0)));
        prop_assert_eq!(directional_accuracy(&actual, &last, &last), Ok(None));
        prop_assert_eq!(lag_one_copy(&actual, &last, &last), Ok(Some(1.0)));
    }

    #[test]
    fn ratios_do_not_depend_on_the_currency(days in days(2..60), factor in 1e-3..1e3_f64) {
        let (actual, forecast, last) = columns(&days);
        let (a, f, l) = (scaled(&actual, factor), scaled(&forecast, factor), scaled(&last, factor));
        prop_assert!(same(mape(&actual, &forecast)?.percent.unwrap(), mape(&a, &f)?.percent.unwrap()));
        // R² and its like divide by a sum of squares that may be small beside the prices: no bound but a relative one
        // on that sum, which is why days with hardly any variation are left out.
        prop_assume!(rmse(&actual, &last)? > 0.1 && rmse(&actual, &vec![actual[0]; actual.len()])? > 0.1);
        prop_assert!(same(r2(&actual, &forecast)?.unwrap(), r2(&a, &f)?.unwrap()));
        prop_assert!(same(r2_naive(&actual, &forecast, &last)?.unwrap(), r2_naive(&a, &f, &l)?.unwrap()));
        prop_assert!(same(relative_mae(&actual, &forecast, &last)?.unwrap(), relative_mae(&a, &f, &l)?.unwrap()));
        prop_assert!(same(factor * mae(&actual, &forecast)?, mae(&a, &f)?));
        prop_assert!(same(factor * rmse(&actual, &forecast)?, rmse(&a, &f)?));
    }

    #[test]
    fn errors_keep_their_order(days in days(1..60)) {
        let (actual, forecast, last) = columns(&days);
        let (mean, root) = (mae(&actual, &forecast)?, rmse(&actual, &forecast)?);
        let largest = actual.iter().zip(&forecast).map(|(y, f)| (y - f).abs()).fold(0.0, f64::max);
        prop_assert!(mean <= root * (1.0 + 1e-12) && root <= largest * (1.0 + 1e-12));
        prop_assert!(r2(&actual, &forecast)?.is_none_or(|value| value <= 1.0));
        prop_assert!(lag_one_copy(&actual, &forecast, &last)?.is_none_or(|value| (0.0..=1.0).contains(&value)));
        if let Some(direction) = directional_accuracy(&actual, &forecast, &last)? {
            prop_assert!(0.0 <= direction.lower && direction.lower <= direction.value);
            prop_assert!(direction.value <= direction.upper && direction.upper <= 1.0);
        }
    }

    #[test]
    fn every_non_finite_number_is_refused(
        days in days(8..30), column in 0..3_usize, day in 0..8_usize,
        bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
    ) {
        let (mut actual, mut forecast, mut last) = columns(&days);
        [&mut actual, &mut forecast, &mut last][column][day] = bad;
        for (index, result) in all_metrics(&actual, &forecast, &last).into_iter().enumerate() {
            let sees_the_column = column < 2 || matches!(index, 4..=7);
            prop_assert_eq!(
                matches!(result, Err(EvalError::NonFinite { index, .. }) if index == day), sees_the_column,
                "metric {}: {:?}", index, result
            );
        }
        let residuals = [actual, forecast, last].concat();
        for result in [conformal_quantiles(&residuals, &[0.5]), empirical_quantiles(&residuals, &[0.5])] {
            let is_non_finite = matches!(result, Err(EvalError::NonFinite { .. }));
            prop_assert!(is_non_finite, "{:?}", result);
        }
    }

    #[test]
    fn lists_that_do_not_match_are_refused(days in days(1..20)) {
        let (actual, forecast, last) = columns(&days);
        for result in all_metrics(&actual, &forecast[1..], &last) {
            let is_unequal = matches!(result, Err(EvalError::UnequalLengths { .. }));
            prop_assert!(is_unequal, "{:?}", result);
        }
        for result in all_metrics(&[], &[], &[]) {
            let is_empty = matches!(result, Err(EvalError::Empty { .. }));
            prop_assert!(is_empty, "{:?}", result);
        }
    }

    #[test]
    fn diebold_mariano_is_antisymmetric(
        errors in prop::collection::vec((-9.0..9.0_f64, -9.0..9.0_f64), 8..80), horizon in 1..7_usize, squared: bool,
    ) {
        let (first, second): (Vec<f64>, Vec<f64>) = errors.into_iter().unzip();
        let loss = if squared { Loss::Squared } else { Loss::Absolute };
        let one_way = diebold_mariano(&first, &second, horizon, loss)?.unwrap();
        let other_way = diebold_mariano(&second, &first, horizon, loss)?.unwrap();
        prop_assert_eq!(one_way.statistic, -other_way.statistic);
        prop_assert_eq!(one_way.mean_difference, -other_way.mean_difference);
        prop_assert_eq!((one_way.p_value, one_way.variance), (other_way.p_value, other_way.variance));
        prop_assert!((one_way.p_value_first_better + other_way.p_value_first_better - 1.0).abs() < 1e-12);
        for p in [one_way.p_value, one_way.p_value_first_better, other_way.p_value_first_better] {
            prop_assert!((0.0..=1.0).contains(&p));
        }
        // Neither does it depend on the currency: factors of two change no digit.
        let scaled = diebold_mariano(&scaled(&first, 8.0), &scaled(&second, 8.0), horizon, loss)?.unwrap();
        prop_assert_eq!((scaled.statistic, scaled.p_value), (one_way.statistic, one_way.p_value));
    }

    #[test]
    fn quantiles_never_fall(
        residuals in prop::collection::vec(prop_oneof![-5.0..5.0_f64, Just(0.1)], 40..200),
        raw_levels in prop::collection::btree_set(25..976_u32, 1..40),
    ) {
        let levels: Vec<f64> = raw_levels.into_iter().map(|level| f64::from(level) / 1000.0).collect();
        for levels in [&levels[..], &VENTILES] {
            let plain = empirical_quantiles(&residuals, levels)?;
            let corrected = conformal_quantiles(&residuals, levels)?;
            for quantiles in [&plain, &corrected] {
                prop_assert!(quantiles.windows(2).all(|pair| pair[0].z <= pair[1].z));
                prop_assert!(quantiles.iter().map(|quantile| quantile.level).eq(levels.iter().copied()));
            }
        }
    }

    #[test]
    fn corrected_intervals_cover_their_own_sample(residuals in prop::collection::vec(-5.0..5.0_f64, 40..200)) {
        let ends = conformal_quantiles(&residuals, &[0.05, 0.95])?;
        let intervals = vec![(ends[0].z, ends[1].z); residuals.len()];
        // At least n + 1 times 90 % less one end: ⌈0.95(n+1)⌉ − ⌊0.05(n+1)⌋ + 1 ranks lie inside.
        let promised = (0.9 * (residuals.len() as f64 + 1.0)).min(residuals.len() as f64) / residuals.len() as f64;
        prop_assert!(coverage(&residuals, &intervals)? >= promised - 1e-12);
        let test = kupiec(&residuals, &intervals, 0.9)?;
        prop_assert!(test.statistic >= 0.0 && (0.0..=1.0).contains(&test.p_value));
    }
}
