//! Whether models differ over many symbols, where all symbols move together.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::panel::{Day, ModelDays};
use crate::{
    EvalError,
    significance::{DieboldMariano, Loss, diebold_mariano},
    summation::mean,
};

/// Returns the mean loss over the symbols of each day, by rising date; `None` when a forecast has none.
///
/// What happens on a day happens to many symbols at once: their losses are no independent observations, the days' means
/// (nearly) are. Tests over symbols are therefore made on the means (Timmermann and Zhu, "Comparing Forecasting Performance
/// with Panel Data", CEPR Discussion Paper 13746, 2019, test of equal accuracy of the cross-sectional average).
pub(crate) fn day_means(model: &ModelDays<'_>, loss: impl Fn(&Day<'_>) -> Option<f64>) -> Option<Vec<f64>> {
    let mut by_date: BTreeMap<NaiveDate, Vec<f64>> = BTreeMap::new();
    for day in model.days() {
        by_date.entry(day.row.target_date).or_default().push(loss(day)?);
    }
    Some(by_date.into_values().map(|losses| mean(losses.into_iter())).collect())
}

/// Tests whether two series of losses, each at least 0 and one a day, have the same mean (Diebold–Mariano); `None` when they
/// are the same or too short.
///
/// # Errors
/// [`EvalError`] when the series do not match, or hold NaN or infinity.
pub(crate) fn equal_losses(first: &[f64], second: &[f64], horizon: usize) -> Result<Option<DieboldMariano>, EvalError> {
    // The absolute value of a loss is itself.
    match diebold_mariano(first, second, horizon, Loss::Absolute) {
        Err(EvalError::TooFew { .. }) => Ok(None),
        tested => tested,
    }
}
