//! A forecast depends on the days up to its origin, and on nothing else.

use closecast_domain::{Forecast, History, Predict};

use super::{
    Fault,
    bench::{Bench, last_origins},
    comparison::check_same,
    material::other_future,
};

/// How many sessions before the last one origins lie whose future is changed.
const BEFORE_THE_END: [usize; 3] = [1, 7, 30];

pub(super) fn alone_as_in_batch<M: Predict>(bench: &Bench<'_, M>) -> Result<(), Fault> {
    let history = &bench.subject.history;
    let alone: Vec<Forecast> =
        last_origins(history).map(|origin| at(&bench.model, history, origin)).collect::<Result<Vec<_>, _>>()?.concat();
    check_same("predict_each of many origins and of each alone", &bench.forecasts, &alone)?;
    let newest = bench.model.predict(history).map_err(Fault::refused("predict"))?;
    check_same(
        "predict and predict_each at the last session",
        &[newest],
        &at(&bench.model, history, history.len() - 1)?,
    )
}

pub(super) fn nothing_after_the_origin<M: Predict>(bench: &Bench<'_, M>) -> Result<(), Fault> {
    let history = &bench.subject.history;
    for before in BEFORE_THE_END {
        // One origin at a time: what a batch does to a forecast is another check.
        let origin = (history.len() - 1).saturating_sub(before);
        let known = at(&bench.model, history, origin)?;
        let changed = at(&bench.model, &other_future(history, origin), origin)?;
        check_same("forecasts with two futures", &known, &changed)?;
        if let Ok(cut) = history.first_bars(origin + 1) {
            check_same("forecasts with the future and without it", &known, &at(&bench.model, &cut, origin)?)?;
        }
    }
    Ok(())
}

fn at(model: &impl Predict, history: &History, origin: usize) -> Result<Vec<Forecast>, Fault> {
    model.predict_each(history, origin..origin + 1).map_err(Fault::refused("predict_each of one origin"))
}
