//! The coverage that was promised, and the coverage measured.

use closecast_eval::EvalError;

use super::{Chart, Drawn, Line, SIZE};
use crate::report::{axis::Axis, frame::Frame};

/// Returns how far the coverage of the central intervals from 10 to 90 % is from what they promise.
pub(super) fn chart(drawn: &Drawn<'_>) -> Result<Option<Chart>, EvalError> {
    let mut curves: Vec<(&Line, Vec<(f64, f64)>)> = Vec::new();
    for (line, model) in &drawn.models {
        curves.push((line, model.calibration_curve()?));
    }
    curves.retain(|(_, curve)| !curve.is_empty());
    if curves.is_empty() {
        return Ok(None);
    }
    let excess = |&(promised, measured): &(f64, f64)| (promised, measured - promised);
    let heights = curves.iter().flat_map(|(_, curve)| curve.iter().map(excess)).map(|(_, height)| height);
    let heights = Axis::shares(heights.chain([-0.02, 0.02]));
    let mut frame = Frame::new(SIZE, Axis::shares([0.1, 0.9]), heights);
    frame.rule("rule", 0.0);
    for (line, curve) in &curves {
        frame.line(&line.class, curve.iter().map(excess));
        for point in curve {
            let [promised, measured] = [point.0, point.1].map(|share| 100.0 * share);
            let title = format!("{}: {measured:.1} % in the {promised:.0} % interval", line.model);
            frame.dot(&line.class, excess(point), &title);
        }
    }
    Ok(Some(Chart {
        title: "Coverage measured less promised",
        caption: "Share of the closes inside each central interval, less the share that the interval promises (across). At 0 \
                  the promise is kept; below it the intervals are too narrow, above it too wide."
            .to_owned(),
        legend: curves.into_iter().map(|(line, _)| line.clone()).collect(),
        drawings: vec![(String::new(), frame.finish("measured less promised coverage by promised coverage"))],
    }))
}
