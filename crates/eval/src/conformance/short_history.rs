//! A history that is too short is refused as such, with a sufficient number of sessions.

use closecast_domain::{ForecastError, History, Predict};

use super::{
    Violation,
    harness::{Harness, SEED},
    robustness::check_finite,
};

/// Tested lengths, in sessions.
const LENGTHS: [usize; 5] = [1, 2, 3, 25, 90];

pub(super) fn check<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let history = &harness.subject.history;
    let shortest = |length: usize| history.first_bars(length).ok();
    for short in LENGTHS.into_iter().filter_map(shortest) {
        let fit_and_predict = |history: &History| {
            let forecast = harness.subject.fitted(SEED, history)?.predict(history);
            // A model may need more sessions to forecast than to fit; the same check covers both.
            forecast.and_then(|forecast| finite(&forecast))
        };
        attempt("fitting", history, &short, fit_and_predict)?;
        attempt("forecasting", history, &short, |history| finite(&harness.model.predict(history)?))?;
    }
    Ok(())
}

fn finite(forecast: &closecast_domain::Forecast) -> Result<(), ForecastError> {
    check_finite("a short history", forecast).map_err(|violation| ForecastError::NonFinite {
        what: violation.to_string(),
        diagnosis: "it is a forecast from a short history".to_owned(),
    })
}

/// Checks that `work` succeeds on `short` or is refused because of its length, and that it is not refused on as much of
/// `history` as reported to be needed.
fn attempt(
    what: &str,
    history: &History,
    short: &History,
    work: impl Fn(&History) -> Result<(), ForecastError>,
) -> Result<(), Violation> {
    let during = format!("{what} {} sessions", short.len());
    let need = match work(short) {
        Ok(()) | Err(ForecastError::Unsuitable(_)) => return Ok(()),
        Err(ForecastError::TooShort { need, have, .. }) if have <= short.len() && need > have => need,
        Err(error) => {
            let expected = "the error of a short history";
            return Err(Violation::NotRefused { during, expected, found: error.to_string() });
        }
    };
    let Ok(enough) = history.first_bars(need) else { return Ok(()) };
    work(&enough).map_err(|error| {
        let what = format!("the number of sessions needed, as reported after {during}");
        Violation::wrong(what, need, format!("enough, but with that many it is: {error}"))
    })
}
