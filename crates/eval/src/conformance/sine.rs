//! A forecaster that claims to learn a direction must learn a noiseless sine.

use closecast_domain::{Cancel, NoProgress, Predict};

use super::{
    Violation,
    harness::{Harness, SEED},
};
use crate::metrics::relative_mae;

/// Share of held-out days.
const HELD_OUT: f64 = 0.15;

/// Maximum relative error. Predicting the direction alone gives less than 1, a lag of one day about 2.
const MAX_RELATIVE_MAE: f64 = 0.5;

pub(super) fn is_learned<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let Some((sine, fit)) = &harness.subject.learned else { return Ok(()) };
    let held_out = ((sine.len() as f64 * HELD_OUT) as usize).max(2).min(sine.len() / 2);
    let origins = sine.len() - held_out - 1..sine.len() - 1;
    let Ok(known) = sine.first_bars(origins.start + 1) else {
        return Err(Violation::wrong("the length of the sine", sine.len(), "above 2"));
    };
    let model = fit(SEED, &known, &Cancel::new(), &NoProgress).map_err(Violation::refused("fitting a sine"))?;
    let forecasts = model.predict_each(sine, origins.clone()).map_err(Violation::refused("forecasting a sine"))?;
    let points: Vec<f64> =
        forecasts.iter().filter_map(|forecast| forecast.sessions.first()).map(|session| session.point).collect();
    let closes: Vec<f64> = sine.bars()[origins.start..].iter().map(|bar| bar.raw_close).collect();
    let ratio = relative_mae(&closes[1..], &points, &closes[..closes.len() - 1]);
    match ratio {
        Ok(Some(ratio)) if ratio <= MAX_RELATIVE_MAE => Ok(()),
        Ok(ratio) => {
            let found = ratio.map_or_else(|| "undefined".to_owned(), |ratio| format!("{ratio:.3}"));
            Err(Violation::wrong(
                "the error on a sine, relative to naive",
                found,
                format!("at most {MAX_RELATIVE_MAE}"),
            ))
        }
        Err(error) => Err(Violation::wrong("the error on a sine", error.to_string(), "defined")),
    }
}
