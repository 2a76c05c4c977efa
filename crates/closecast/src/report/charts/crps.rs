//! The CRPS beside the reference's: by symbol, and by month.

use chrono::NaiveDate;
use closecast_domain::Symbol;
use closecast_eval::EvalError;

use super::{Chart, Drawn, Line, SIZE};
use crate::report::{
    axis::{Axis, place},
    frame::Frame,
};

/// Returns the ratio of every symbol, the best first.
pub(super) fn by_symbol(drawn: &Drawn<'_>) -> Option<Chart> {
    let reference = drawn.reference?;
    let curves: Vec<(&Line, Vec<(&Symbol, f64)>)> =
        drawn.others().map(|(line, model)| (line, model.relative_crps(reference))).collect();
    let curves: Vec<_> = curves.into_iter().filter(|(_, ratios)| !ratios.is_empty()).collect();
    let most = curves.iter().map(|(_, ratios)| ratios.len()).max()?;
    let ratios = curves.iter().flat_map(|(_, ratios)| ratios.iter().map(|(_, ratio)| *ratio));
    let ticks = (most > 1).then(|| vec![(1.0, "best".to_owned()), (most as f64, "worst".to_owned())]);
    let across = Axis { low: 0.5, high: most as f64 + 0.5, ticks: ticks.unwrap_or_default() };
    let mut frame = Frame::new(SIZE, across, Axis::numbers(ratios.chain([1.0])));
    frame.rule("rule", 1.0);
    for (line, ratios) in &curves {
        frame.line(&line.class, (1..).map(f64::from).zip(ratios).map(|(at, (_, ratio))| (at, *ratio)));
        for (at, (symbol, ratio)) in (1..).map(f64::from).zip(ratios) {
            frame.dot(&line.class, (at, *ratio), &format!("{} {symbol}: {ratio:.4}", line.model));
        }
    }
    Some(Chart {
        title: "CRPS of each symbol",
        caption: format!(
            "Over that of {}: below 1 is better. Each model's symbols are sorted from its best to its worst.",
            reference.model
        ),
        legend: curves.into_iter().map(|(line, _)| line.clone()).collect(),
        drawings: vec![(String::new(), frame.finish("relative CRPS of each symbol, sorted"))],
    })
}

/// Returns the ratio of every month.
pub(super) fn by_month(drawn: &Drawn<'_>) -> Result<Option<Chart>, EvalError> {
    let Some(reference) = drawn.reference else { return Ok(None) };
    let mut curves: Vec<(&Line, Vec<(NaiveDate, f64)>)> = Vec::new();
    for (line, model) in drawn.others() {
        curves.push((line, model.monthly_relative_crps(reference)?));
    }
    curves.retain(|(_, months)| months.len() > 1);
    if curves.is_empty() {
        return Ok(None);
    }
    let points = || curves.iter().flat_map(|(_, months)| months.iter().copied());
    let dates = Axis::dates(points().map(|(month, _)| month));
    let ratios = Axis::numbers(points().map(|(_, ratio)| ratio).chain([1.0]));
    let mut frame = Frame::new(SIZE, dates, ratios);
    frame.rule("rule", 1.0);
    for (line, months) in &curves {
        frame.line(&line.class, months.iter().map(|(month, ratio)| (place(*month), *ratio)));
        for (month, ratio) in months {
            let title = format!("{} {}: {ratio:.4}", line.model, month.format("%Y-%m"));
            frame.dot(&line.class, (place(*month), *ratio), &title);
        }
    }
    Ok(Some(Chart {
        title: "CRPS of each month",
        caption: format!(
            "Over that of {}, geometric mean over symbols: below 1 is better. A model that is better has most of its months \
             below.",
            reference.model
        ),
        legend: curves.into_iter().map(|(line, _)| line.clone()).collect(),
        drawings: vec![(String::new(), frame.finish("relative CRPS of each month"))],
    }))
}
