//! Tests of model differences over many correlated symbols.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::panel::{Day, ModelDays};
use crate::{
    EvalError,
    significance::{DieboldMariano, Loss, diebold_mariano},
    summation::mean,
};

/// Returns the mean loss over the symbols of each day, in chronological order; `None` if a forecast has no loss.
///
/// Losses of different symbols on the same day are correlated, the daily means are (nearly) independent. Tests over symbols
/// therefore use the daily means (Timmermann and Zhu, "Comparing Forecasting Performance
/// with Panel Data", CEPR Discussion Paper 13746, 2019, test of equal accuracy of the cross-sectional average).
pub(crate) fn day_means(model: &ModelDays<'_>, loss: impl Fn(&Day<'_>) -> Option<f64>) -> Option<Vec<f64>> {
    let mut by_date: BTreeMap<NaiveDate, Vec<f64>> = BTreeMap::new();
    for day in model.days() {
        by_date.entry(day.row.target_date).or_default().push(loss(day)?);
    }
    Some(by_date.into_values().map(|losses| mean(losses.into_iter())).collect())
}

/// Tests whether two series of non-negative daily losses have the same mean (Diebold–Mariano); `None` if they are identical
/// or too short.
///
/// # Errors
/// [`EvalError`] when the lengths differ, or a loss is NaN or infinite.
pub(crate) fn equal_losses(first: &[f64], second: &[f64], horizon: usize) -> Result<Option<DieboldMariano>, EvalError> {
    // Losses are non-negative: their absolute value is the loss itself.
    match diebold_mariano(first, second, horizon, Loss::Absolute) {
        Err(EvalError::TooFew { .. }) => Ok(None),
        tested => tested,
    }
}
