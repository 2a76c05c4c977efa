//! The last days of one symbol: the forecasts of the evening before, and the closes that came.

use closecast_domain::Symbol;
use closecast_eval::backtest::{BacktestRow, ModelDays};

use super::{Chart, Drawn, SIZE};
use crate::report::{
    axis::{Axis, place},
    frame::Frame,
};
use closecast_app::use_cases::backtest::BacktestResult;

/// Sessions shown.
const SESSIONS: usize = 60;

/// Positions of the quantiles 0.05, 0.25, 0.75 and 0.95 among the ventiles.
const BANDS: [usize; 4] = [0, 4, 14, 18];

/// Returns the forecasts of the best model for the symbol in the middle of its ranking.
pub(super) fn chart(result: &BacktestResult, drawn: &Drawn<'_>) -> Option<Chart> {
    let (model, symbol) = subject(result, drawn)?;
    let days = &model.symbol(symbol)?.days;
    let rows: Vec<&BacktestRow> = days[days.len().saturating_sub(SESSIONS)..].iter().map(|day| day.row).collect();
    if rows.len() < 2 || rows.iter().any(|row| row.quantiles.len() <= BANDS[3]) {
        return None;
    }
    let across = |row: &BacktestRow| place(row.target_date);
    let quantile = |at: usize| rows.iter().map(|row| (across(row), row.quantiles[at])).collect::<Vec<_>>();
    let [low, lower, upper, high] = BANDS.map(quantile);
    let prices = low.iter().chain(&high).map(|(_, price)| *price).chain(rows.iter().map(|row| row.actual));
    let mut frame = Frame::new(SIZE, Axis::dates(rows.iter().map(|row| row.target_date)), Axis::numbers(prices));
    frame.band("outer", &low, &high);
    frame.band("inner", &lower, &upper);
    frame.line("close", rows.iter().map(|row| (across(row), row.actual)));
    for (row, (low, high)) in rows.iter().zip(low.iter().zip(&high)) {
        let inside = (low.1..=high.1).contains(&row.actual);
        let side = if inside { "inside" } else { "outside" };
        let title = format!("{}: {:.2}, {side} {:.2} to {:.2}", row.target_date, row.actual, low.1, high.1);
        frame.dot(if inside { "close" } else { "close missed" }, (across(row), row.actual), &title);
    }
    Some(Chart {
        title: "The last days of one symbol",
        caption: format!(
            "{symbol} by {}: closes, and the intervals forecast from the last close before each session that should hold \
             50 % and 90 % of them. The symbol is the one in the middle of the model's ranking.",
            model.model
        ),
        legend: Vec::new(),
        drawings: vec![(String::new(), frame.finish("closes and forecast intervals of the last days"))],
    })
}

/// Returns the model whose CRPS is lowest beside the reference's, of those that are judged, and the symbol in the middle of
/// its ranking.
fn subject<'a>(result: &BacktestResult, drawn: &Drawn<'a>) -> Option<(&'a ModelDays<'a>, &'a Symbol)> {
    let reference = drawn.reference?;
    let judged = result.judged();
    let relative = |model: &str| {
        let score = judged.iter().find(|score| score.model == model)?;
        Some(score.against.get(reference.model).map_or(1.0, |against| against.relative_crps))
    };
    let candidates = drawn.models.iter().filter_map(|(_, model)| Some((*model, relative(model.model)?)));
    let (model, _) = candidates.min_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let ranking = model.relative_crps(reference);
    Some((model, ranking.get(ranking.len() / 2)?.0))
}
