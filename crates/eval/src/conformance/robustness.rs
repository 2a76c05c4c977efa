//! No valid history makes a forecaster panic or forecast NaN or infinity.

use closecast_domain::{Forecast, History, Predict};

use super::{
    Violation,
    harness::{Harness, SEED},
    test_data::{absurd, constant_from},
};

/// Sessions with constant prices at the end of a history.
const STILL: usize = 60;

pub(super) fn extreme_prices<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    absurd(&harness.subject.history).iter().try_for_each(|(what, history)| check(harness, what, history))
}

pub(super) fn constant_prices<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let history = &harness.subject.history;
    let halting = constant_from(history, history.len().saturating_sub(STILL));
    check(harness, "constant prices at the end", &halting)?;
    check(harness, "constant prices", &constant_from(history, 0))
}

/// Checks that neither the model of an ordinary history nor one fitted to `history` forecasts NaN or infinity from it.
fn check<M: Predict>(harness: &Harness<'_, M>, what: &str, history: &History) -> Result<(), Violation> {
    if let Ok(forecast) = harness.model.predict(history) {
        check_finite(what, &forecast)?;
    }
    let fitted = harness.subject.fitted(SEED, history);
    match fitted.and_then(|model| model.predict(history)) {
        Ok(forecast) => check_finite(what, &forecast),
        Err(_) => Ok(()),
    }
}

/// Checks that every price of a forecast is finite.
pub(super) fn check_finite(what: &str, forecast: &Forecast) -> Result<(), Violation> {
    for session in &forecast.sessions {
        let prices = std::iter::once(session.point).chain(session.quantiles.iter().map(|quantile| quantile.price));
        if let Some(bad) = prices.into_iter().find(|price| !price.is_finite()) {
            return Err(Violation::wrong(
                format!("a price forecast from {what}"),
                bad,
                "finite, or there must be an error",
            ));
        }
    }
    Ok(())
}
