//! The same seed and a saved model give the same bits; another seed gives other bits.

use closecast_domain::Predict;

use super::{
    Violation,
    comparison::{check_same, first_difference},
    harness::{Harness, SEED, probe},
};

pub(super) fn same_seed<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let history = &harness.subject.history;
    let again = probe(&harness.model, history).map_err(Violation::refused("forecasting a second time"))?;
    check_same("two forecasts of one model", &harness.forecasts, &again)?;
    let model = harness.subject.fitted(SEED, history).map_err(Violation::refused("fitting a second time"))?;
    let second = probe(&model, history).map_err(Violation::refused("forecasting with a second model"))?;
    check_same("two fits with the same seed", &harness.forecasts, &second)
}

pub(super) fn other_seed<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let history = &harness.subject.history;
    let model = harness.subject.fitted(SEED + 1, history).map_err(Violation::refused("fitting with another seed"))?;
    let other = probe(&model, history).map_err(Violation::refused("forecasting with another seed"))?;
    let differs = harness.forecasts.iter().zip(&other).any(|(one, other)| first_difference(one, other).is_some());
    if differs { Ok(()) } else { Err(Violation::Same { between: "fits with two seeds" }) }
}

pub(super) fn saved_and_loaded<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let Some((save, load)) = &harness.subject.kept else { return Ok(()) };
    let history = &harness.subject.history;
    let mut model = harness.subject.fitted(SEED, history).map_err(Violation::refused("fitting a model to keep"))?;
    let bytes = save(&mut model).map_err(|message| Violation::NotKept { during: "writing the model", message })?;
    let loaded = load(&bytes).map_err(|message| Violation::NotKept { during: "reading the model", message })?;
    // After writing: the model may have stored the hash of its bytes.
    let kept = probe(&model, history).map_err(Violation::refused("forecasting with the model that was written"))?;
    let read = probe(&loaded, history).map_err(Violation::refused("forecasting with the model that was read"))?;
    check_same("a model and what was read back of it", &kept, &read)
}
