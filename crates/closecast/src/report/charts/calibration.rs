//! The coverage that was promised, and the coverage measured.

use closecast_eval::EvalError;

use super::{Chart, Drawn, Line, SIZE};
use crate::report::{axis::Axis, frame::Frame};

/// Returns the coverage of the central intervals from 10 to 90 %.
pub(super) fn chart(drawn: &Drawn<'_>) -> Result<Option<Chart>, EvalError> {
    let mut curves: Vec<(&Line, Vec<(f64, f64)>)> = Vec::new();
    for (line, model) in &drawn.models {
        curves.push((line, model.calibration_curve()?));
    }
    curves.retain(|(_, curve)| !curve.is_empty());
    if curves.is_empty() {
        return Ok(None);
    }
    let mut frame = Frame::new(SIZE, Axis::shares([0.0, 1.0]), Axis::shares([0.0, 1.0]));
    frame.line("rule", [(0.0, 0.0), (1.0, 1.0)]);
    for (line, curve) in &curves {
        frame.line(&line.class, curve.iter().copied());
        for &(promised, measured) in curve {
            let title = format!("{}: {:.1} % in the {:.0} % interval", line.model, 100.0 * measured, 100.0 * promised);
            frame.dot(&line.class, (promised, measured), &title);
        }
    }
    Ok(Some(Chart {
        title: "Coverage promised and measured",
        caption: "Share of the closes inside the central intervals, by the share that the interval promises. On the \
                  diagonal the promise is kept; below it the intervals are too narrow, above it too wide."
            .to_owned(),
        legend: curves.into_iter().map(|(line, _)| line.clone()).collect(),
        drawings: vec![(String::new(), frame.finish("measured coverage by promised coverage"))],
    }))
}
