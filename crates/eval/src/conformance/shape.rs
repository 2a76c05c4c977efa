//! Dates, quantiles and prices of a forecast.

use closecast_domain::{Forecast, Predict, SessionForecast};

use super::{
    Violation,
    harness::{Harness, last_origins},
};

/// Central share of the distribution that must contain the point. Not smaller, because the quantiles of a network correct the
/// bias of its point.
const MIDDLE: f64 = 0.8;

pub(super) fn dates<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let history = &harness.subject.history;
    let origins = last_origins(history);
    if harness.forecasts.len() != origins.len() {
        return Err(Violation::wrong("the number of forecasts", harness.forecasts.len(), origins.len()));
    }
    for (forecast, last) in harness.forecasts.iter().zip(&history.bars()[origins]) {
        if (&forecast.symbol, forecast.as_of) != (history.symbol(), last.date) {
            let found = format!("{} on {}", forecast.symbol, forecast.as_of);
            return Err(Violation::wrong("the origin", found, format!("{} on {}", history.symbol(), last.date)));
        }
        if forecast.last_close.to_bits() != last.raw_close.to_bits() {
            return Err(Violation::wrong("the last close", forecast.last_close, last.raw_close));
        }
        let dates: Vec<_> = forecast.sessions.iter().map(|session| session.date).collect();
        let expected = history.calendar().sessions_after(last.date, harness.subject.horizon);
        if dates != expected {
            return Err(Violation::wrong("the list of dates", dates, format!("{expected:?}")));
        }
    }
    Ok(())
}

pub(super) fn quantiles<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    sessions(&harness.forecasts).try_for_each(|session| {
        let at = |what: &str| format!("{what} on {}", session.date);
        let levels: Vec<f64> = session.quantiles.iter().map(|quantile| quantile.level).collect();
        let prices: Vec<f64> = session.quantiles.iter().map(|quantile| quantile.price).collect();
        let rise = levels.windows(2).all(|pair| pair[0] < pair[1]);
        if !(rise && levels.iter().all(|level| *level > 0.0 && *level < 1.0)) {
            return Err(Violation::wrong(at("the list of levels"), levels, "rising, between 0 and 1"));
        }
        if !prices.windows(2).all(|pair| pair[0] <= pair[1]) {
            return Err(Violation::wrong(at("the list of quantiles"), prices, "rising"));
        }
        match session.interval(MIDDLE) {
            Some((low, high)) if !(low <= session.point && session.point <= high) => Err(Violation::wrong(
                at("the point"),
                session.point,
                format!("between {low} and {high}, the middle 80 %"),
            )),
            _ => Ok(()),
        }
    })
}

pub(super) fn positive<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    sessions(&harness.forecasts).try_for_each(|session| {
        let mut prices = std::iter::once(session.point).chain(session.quantiles.iter().map(|quantile| quantile.price));
        match prices.find(|price| !(*price > 0.0 && price.is_finite())) {
            Some(price) => {
                Err(Violation::wrong(format!("a price on {}", session.date), price, "above zero and finite"))
            }
            None => Ok(()),
        }
    })
}

fn sessions(forecasts: &[Forecast]) -> impl Iterator<Item = &SessionForecast> {
    forecasts.iter().flat_map(|forecast| &forecast.sessions)
}
