//! Calibration of the quantiles.

use super::figures::{Calibration, MIN_COVERAGE, OverallCalibration, SymbolScore};
use crate::{
    Christoffersen, EvalError, MultiCoverage, PitHistogram, SIGNIFICANCE_LEVEL, VENTILES,
    backtest::{
        panel::{Day, ModelDays, SymbolDays},
        panel_test::{day_means, equal_losses},
    },
    central_misses, christoffersen,
};

/// Level of the tested interval.
const TESTED_LEVEL: f64 = 0.9;

/// Index of [`TESTED_LEVEL`] in [`CENTRAL_LEVELS`](crate::CENTRAL_LEVELS).
pub(in crate::backtest) const TESTED_INDEX: usize = 2;

/// Returns the calibration for a symbol; `None` if a day has no quantiles.
pub(super) fn of_symbol(symbol: &SymbolDays<'_>, horizon: usize) -> Result<Option<Calibration>, EvalError> {
    let days = &symbol.days;
    if days.iter().any(|day| day.quantiles().is_empty()) {
        return Ok(None);
    }
    let realised: Vec<f64> = days.iter().map(|day| day.realised).collect();
    let ventiles: Vec<&[f64]> = days.iter().map(Day::ventiles).collect();
    let Some(pit) = PitHistogram::of(&VENTILES, &ventiles, &realised)? else { return Ok(None) };
    // Days whose forecasts do not overlap.
    let apart = |values: &[f64]| values.iter().copied().step_by(horizon).collect::<Vec<_>>();
    let ventiles_apart: Vec<&[f64]> = ventiles.iter().copied().step_by(horizon).collect();
    let pit_apart = PitHistogram::of(&VENTILES, &ventiles_apart, &apart(&realised))?;
    let Some(tests) = interval_tests(&ventiles_apart, &apart(&realised))? else { return Ok(None) };
    Ok(Some(Calibration {
        coverage: coverage(days, &realised)?,
        kupiec_p_value: tests.unconditional.p_value,
        independence_p_value: tests.independence.map(|ratio| ratio.p_value),
        conditional_p_value: tests.conditional.map(|ratio| ratio.p_value),
        pit_p_value: pit_apart.map(|pit| uniformity(&pit)).transpose()?.flatten(),
        pit,
    }))
}

/// Counts the days inside the intervals; the 95 % interval only if every day has it.
fn coverage(days: &[Day<'_>], realised: &[f64]) -> Result<MultiCoverage, EvalError> {
    match days.first().map(Day::levels).filter(|levels| days.iter().all(|day| day.levels().len() == levels.len())) {
        Some(levels) => {
            let quantiles: Vec<&[f64]> = days.iter().map(Day::quantiles).collect();
            MultiCoverage::of(levels, &quantiles, realised)
        }
        None => {
            let ventiles: Vec<&[f64]> = days.iter().map(Day::ventiles).collect();
            MultiCoverage::of(&VENTILES, &ventiles, realised)
        }
    }
}

fn interval_tests(ventiles: &[&[f64]], realised: &[f64]) -> Result<Option<Christoffersen>, EvalError> {
    central_misses(&VENTILES, ventiles, realised, TESTED_LEVEL)?
        .map(|misses| christoffersen(&misses, TESTED_LEVEL))
        .transpose()
}

/// Returns the p-value of the histogram; `None` for too few days.
fn uniformity(pit: &PitHistogram) -> Result<Option<f64>, EvalError> {
    match pit.uniformity() {
        Err(EvalError::TooFew { .. }) => Ok(None),
        tested => tested.map(|uniformity| Some(uniformity.p_value)),
    }
}

/// Returns the calibration over all `symbols`; `None` without quantiles.
pub(super) fn overall(model: &ModelDays<'_>, symbols: &[SymbolScore]) -> Result<Option<OverallCalibration>, EvalError> {
    let of_symbols: Vec<(&SymbolScore, &Calibration)> =
        symbols.iter().filter_map(|score| Some((score, score.calibration.as_ref()?))).collect();
    let [(_, first), rest @ ..] = &of_symbols[..] else { return Ok(None) };
    let (mut coverage, mut pit) = (first.coverage, first.pit.clone());
    for (_, calibration) in rest {
        coverage.merge(&calibration.coverage);
        pit.merge(&calibration.pit);
    }
    let shares: Vec<(&SymbolScore, f64)> = of_symbols
        .iter()
        .filter_map(|(score, calibration)| Some((*score, calibration.coverage.shares()[TESTED_INDEX]?)))
        .collect();
    let Some(worst) = shares.iter().min_by(|(_, one), (_, other)| one.total_cmp(other)) else { return Ok(None) };
    let rejected = |p_value: fn(&Calibration) -> Option<f64>| {
        share_below(of_symbols.iter().filter_map(|(_, calibration)| p_value(calibration)), SIGNIFICANCE_LEVEL)
    };
    Ok(Some(OverallCalibration {
        coverage,
        coverage_p_value: coverage_p_value(model)?,
        share_covered: 1.0 - share_below(shares.iter().map(|(_, share)| *share), MIN_COVERAGE).unwrap_or(0.0),
        worst: (worst.0.symbol.clone(), worst.1),
        kupiec_rejected: rejected(|calibration| Some(calibration.kupiec_p_value)).unwrap_or(0.0),
        conditional_rejected: rejected(|calibration| calibration.conditional_p_value),
        pit_p_value: uniformity(&pit)?,
        pit_rejected: rejected(|calibration| calibration.pit_p_value),
        pit,
    }))
}

/// Returns the share of values below `limit`; `None` without values.
fn share_below(values: impl Iterator<Item = f64>, limit: f64) -> Option<f64> {
    let (mut below, mut count) = (0_usize, 0_usize);
    for value in values {
        below += usize::from(value < limit);
        count += 1;
    }
    (count > 0).then(|| below as f64 / count as f64)
}

/// Returns the p-value for a miss rate of 10 % of the 90 % interval, from the daily share of missed symbols.
fn coverage_p_value(model: &ModelDays<'_>) -> Result<Option<f64>, EvalError> {
    let missed = day_means(model, |day| missed(day).map(|miss| f64::from(u8::from(miss))));
    let Some(missed) = missed else { return Ok(None) };
    let promised = vec![1.0 - TESTED_LEVEL; missed.len()];
    Ok(equal_losses(&missed, &promised, model.horizon)?.map(|test| test.p_value))
}

/// Returns whether the close is outside the 90 % interval; `None` without quantiles.
pub(in crate::backtest) fn missed(day: &Day<'_>) -> Option<bool> {
    // Its ends are the outermost ventiles.
    let (lower, upper) = (day.ventiles().first()?, day.ventiles().last()?);
    Some(!(*lower..=*upper).contains(&day.realised))
}
