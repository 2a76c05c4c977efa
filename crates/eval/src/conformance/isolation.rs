//! A forecast depends only on the days up to its origin.

use closecast_domain::{Forecast, History, Predict};

use super::{
    Violation,
    comparison::check_same,
    harness::{Harness, last_origins},
    test_data::other_future,
};

/// Distances, in sessions before the last one, of origins whose future is changed.
const BEFORE_THE_END: [usize; 3] = [1, 7, 30];

pub(super) fn alone_as_in_batch<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let history = &harness.subject.history;
    let alone: Vec<Forecast> = last_origins(history)
        .map(|origin| at(&harness.model, history, origin))
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    check_same("predict_each of many origins and of each alone", &harness.forecasts, &alone)?;
    let newest = harness.model.predict(history).map_err(Violation::refused("predict"))?;
    check_same(
        "predict and predict_each at the last session",
        &[newest],
        &at(&harness.model, history, history.len() - 1)?,
    )
}

pub(super) fn nothing_after_the_origin<M: Predict>(harness: &Harness<'_, M>) -> Result<(), Violation> {
    let history = &harness.subject.history;
    for before in BEFORE_THE_END {
        // One origin at a time: the effect of batches is another check.
        let origin = (history.len() - 1).saturating_sub(before);
        let known = at(&harness.model, history, origin)?;
        let changed = at(&harness.model, &other_future(history, origin), origin)?;
        check_same("forecasts with two futures", &known, &changed)?;
        if let Ok(cut) = history.first_bars(origin + 1) {
            check_same("forecasts with the future and without it", &known, &at(&harness.model, &cut, origin)?)?;
        }
    }
    Ok(())
}

fn at(model: &impl Predict, history: &History, origin: usize) -> Result<Vec<Forecast>, Violation> {
    model.predict_each(history, origin..origin + 1).map_err(Violation::refused("predict_each of one origin"))
}
