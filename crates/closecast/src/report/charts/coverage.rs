//! The coverage as time went on.

use chrono::NaiveDate;

use super::{Chart, Drawn, Line, SIZE};
use crate::report::{
    axis::{Axis, place},
    frame::Frame,
};

/// Sessions over which the coverage is taken: a quarter.
const WINDOW: usize = 63;

/// Returns the coverage of the 90 % interval over the sessions before each day.
pub(super) fn over_time(drawn: &Drawn<'_>) -> Option<Chart> {
    let sessions = drawn.models.iter().map(|(_, model)| model.rolling_coverage(1).len()).max()?;
    let window = WINDOW.min(sessions / 3).max(1);
    let curves: Vec<(&Line, Vec<(NaiveDate, f64)>)> =
        drawn.models.iter().map(|(line, model)| (line, model.rolling_coverage(window))).collect();
    let curves: Vec<_> = curves.into_iter().filter(|(_, curve)| curve.len() > 1).collect();
    if curves.is_empty() {
        return None;
    }
    let points = || curves.iter().flat_map(|(_, curve)| curve.iter().copied());
    let shares = Axis::shares(points().map(|(_, share)| share).chain([0.9]));
    let mut frame = Frame::new(SIZE, Axis::dates(points().map(|(date, _)| date)), shares);
    frame.rule("rule", 0.9);
    for (line, curve) in &curves {
        frame.line(&line.class, curve.iter().map(|(date, share)| (place(*date), *share)));
    }
    Some(Chart {
        title: "Coverage over time",
        caption: format!("Share of the closes inside the 90 % interval over the last {window} sessions."),
        legend: curves.into_iter().map(|(line, _)| line.clone()).collect(),
        drawings: vec![(String::new(), frame.finish("coverage of the 90 % interval over time"))],
    })
}
