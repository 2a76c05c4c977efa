//! Forecasts compared bit by bit.

use closecast_domain::{Forecast, SessionForecast};

use super::Violation;

/// Checks that two lists of forecasts have the same bits.
pub(super) fn check_same(between: &'static str, ours: &[Forecast], theirs: &[Forecast]) -> Result<(), Violation> {
    let differ = |difference| Violation::Differ { between, difference };
    if ours.len() != theirs.len() {
        return Err(differ(format!("{} forecasts and {}", ours.len(), theirs.len())));
    }
    match ours.iter().zip(theirs).find_map(|(one, other)| first_difference(one, other)) {
        Some(difference) => Err(differ(difference)),
        None => Ok(()),
    }
}

/// Returns what differs first between two forecasts, in at least a bit.
pub(super) fn first_difference(one: &Forecast, other: &Forecast) -> Option<String> {
    let of_session = |(one, other): (&SessionForecast, &SessionForecast)| session_difference(one, other);
    if one.sessions.len() != other.sessions.len() {
        return Some(format!("{} sessions and {}", one.sessions.len(), other.sessions.len()));
    }
    if let Some(difference) = one.sessions.iter().zip(&other.sessions).find_map(of_session) {
        return Some(difference);
    }
    let header = |forecast: &Forecast| {
        let Forecast { symbol, as_of, last_close, currency, model, .. } = forecast.clone();
        (symbol, as_of, last_close.to_bits(), currency, model)
    };
    (header(one) != header(other)).then(|| {
        let text =
            |forecast: &Forecast| format!("{} of {} on {}", forecast.model.name, forecast.symbol, forecast.as_of);
        format!("{} and {}, or their last close, currency or hash", text(one), text(other))
    })
}

fn session_difference(one: &SessionForecast, other: &SessionForecast) -> Option<String> {
    let numbers = |session: &SessionForecast| {
        let quantiles = session.quantiles.iter().flat_map(|quantile| [quantile.level, quantile.price]);
        std::iter::once(session.point).chain(quantiles).collect::<Vec<f64>>()
    };
    let (ours, theirs) = (numbers(one), numbers(other));
    if one.date != other.date || ours.len() != theirs.len() {
        return Some(format!("{} with {} numbers and {} with {}", one.date, ours.len(), other.date, theirs.len()));
    }
    let pair = ours.iter().zip(&theirs).find(|(one, other)| one.to_bits() != other.to_bits());
    pair.map(|(ours, theirs)| format!("{ours:e} and {theirs:e} on {}", one.date))
}
