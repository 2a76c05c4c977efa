//! Prices in another unit.

use closecast_domain::{Predict, SessionForecast};

use super::{
    Violation,
    harness::{Harness, SEED, probe},
    test_data::{changed, scaled},
};

/// Factor of the other unit. A power of two, so that ratios of prices keep their bits and trainings do not diverge by rounding.
const FACTOR: f64 = 1024.0;

/// Relative tolerance for rounding of logarithms.
const TOLERANCE: f64 = 1e-9;

pub(super) fn check<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let history = changed(&harness.subject.history, |_, bar| scaled(bar, FACTOR));
    let model = harness.subject.fitted(SEED, &history).map_err(Violation::refused("fitting prices in another unit"))?;
    let theirs = probe(&model, &history).map_err(Violation::refused("forecasting prices in another unit"))?;
    let sessions =
        harness.forecasts.iter().zip(&theirs).flat_map(|(one, other)| one.sessions.iter().zip(&other.sessions));
    for (ours, theirs) in sessions {
        for (ours, theirs) in prices(ours).zip(prices(theirs)) {
            if (theirs - FACTOR * ours).abs() > TOLERANCE * theirs.abs() {
                let allowed = format!("{FACTOR} times {ours}, the one in the first unit");
                return Err(Violation::wrong("a price forecast in another unit", theirs, allowed));
            }
        }
    }
    Ok(())
}

fn prices(session: &SessionForecast) -> impl Iterator<Item = f64> {
    std::iter::once(session.point).chain(session.quantiles.iter().map(|quantile| quantile.price))
}
