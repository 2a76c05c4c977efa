//! No valid history makes a forecaster panic or forecast a number that is none.

use closecast_domain::{Forecast, History, Predict};

use super::{
    Fault,
    bench::{Bench, SEED},
    material::{absurd, standing_still},
};

/// Sessions at the end of a history that stand still.
const STILL: usize = 60;

pub(super) fn extreme_prices<M: Predict>(bench: &Bench<'_, M>) -> Result<(), Fault> {
    absurd(&bench.subject.history).iter().try_for_each(|(what, history)| check(bench, what, history))
}

pub(super) fn constant_prices<M: Predict>(bench: &Bench<'_, M>) -> Result<(), Fault> {
    let history = &bench.subject.history;
    let halting = standing_still(history, history.len().saturating_sub(STILL));
    check(bench, "prices that stand still in the end", &halting)?;
    check(bench, "prices that stand still", &standing_still(history, 0))
}

/// Checks that neither the model of an ordinary history nor one fitted to `history` forecasts NaN or infinity from it.
fn check<M: Predict>(bench: &Bench<'_, M>, what: &str, history: &History) -> Result<(), Fault> {
    if let Ok(forecast) = bench.model.predict(history) {
        check_finite(what, &forecast)?;
    }
    let fitted = bench.subject.fitted(SEED, history);
    match fitted.and_then(|model| model.predict(history)) {
        Ok(forecast) => check_finite(what, &forecast),
        Err(_) => Ok(()),
    }
}

/// Checks that every price of a forecast is finite.
pub(super) fn check_finite(what: &str, forecast: &Forecast) -> Result<(), Fault> {
    for session in &forecast.sessions {
        let prices = std::iter::once(session.point).chain(session.quantiles.iter().map(|quantile| quantile.price));
        if let Some(bad) = prices.into_iter().find(|price| !price.is_finite()) {
            return Err(Fault::wrong(
                format!("a price forecast from {what}"),
                bad,
                "finite, or there must be an error",
            ));
        }
    }
    Ok(())
}
