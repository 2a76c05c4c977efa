//! Same seed, same bits; another seed, other bits; kept and read back, the same bits.

use closecast_domain::Predict;

use super::{
    Fault,
    bench::{Bench, SEED, probe},
    comparison::{check_same, first_difference},
};

pub(super) fn same_seed<M: Predict>(bench: &Bench<'_, M>) -> Result<(), Fault> {
    let history = &bench.subject.history;
    let again = probe(&bench.model, history).map_err(Fault::refused("forecasting a second time"))?;
    check_same("two forecasts of one model", &bench.forecasts, &again)?;
    let model = bench.subject.fitted(SEED, history).map_err(Fault::refused("fitting a second time"))?;
    let second = probe(&model, history).map_err(Fault::refused("forecasting with a second model"))?;
    check_same("two fits with the same seed", &bench.forecasts, &second)
}

pub(super) fn other_seed<M: Predict>(bench: &Bench<'_, M>) -> Result<(), Fault> {
    let history = &bench.subject.history;
    let model = bench.subject.fitted(SEED + 1, history).map_err(Fault::refused("fitting with another seed"))?;
    let other = probe(&model, history).map_err(Fault::refused("forecasting with another seed"))?;
    let differs = bench.forecasts.iter().zip(&other).any(|(one, other)| first_difference(one, other).is_some());
    if differs { Ok(()) } else { Err(Fault::Same { between: "fits with two seeds" }) }
}

pub(super) fn saved_and_loaded<M: Predict>(bench: &Bench<'_, M>) -> Result<(), Fault> {
    let Some((save, load)) = &bench.subject.kept else { return Ok(()) };
    let history = &bench.subject.history;
    let mut model = bench.subject.fitted(SEED, history).map_err(Fault::refused("fitting a model to keep"))?;
    let bytes = save(&mut model).map_err(|message| Fault::NotKept { during: "writing the model", message })?;
    let loaded = load(&bytes).map_err(|message| Fault::NotKept { during: "reading the model", message })?;
    // After writing: from then on a model may know the hash of its bytes.
    let kept = probe(&model, history).map_err(Fault::refused("forecasting with the model that was written"))?;
    let read = probe(&loaded, history).map_err(Fault::refused("forecasting with the model that was read"))?;
    check_same("a model and what was read back of it", &kept, &read)
}
