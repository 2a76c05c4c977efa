//! Where in their forecast distributions the closes fell.

use closecast_eval::PitHistogram;

use super::Chart;
use crate::report::{axis::Axis, format, frame::Frame};
use closecast_app::use_cases::backtest::BacktestResult;

/// Size of the histogram of one model: several stand beside each other.
const SIZE: (f64, f64) = (300.0, 150.0);

/// Returns a histogram for every model.
pub(super) fn histograms(result: &BacktestResult) -> Option<Chart> {
    let horizon = result.scores.iter().map(|score| score.horizon).min()?;
    let of_models = result.scores.iter().filter(|score| score.horizon == horizon);
    let with_quantiles = of_models.filter_map(|score| Some((&score.model, score.calibration.as_ref()?)));
    let drawing = |(model, calibration): (&String, &closecast_eval::backtest::OverallCalibration)| {
        let p_value = format::p_value(calibration.pit_p_value);
        (format!("{model}, χ² p-value {p_value}"), histogram(model, &calibration.pit))
    };
    let drawings: Vec<(String, String)> = with_quantiles.map(drawing).collect();
    (!drawings.is_empty()).then(|| Chart {
        title: "Closes by their place in the forecast",
        caption: "Share of the closes in each twentieth of the forecast distributions. Flat, at 5 %, is calibrated; high at \
                  both ends is too narrow, high in the middle too wide. The p-value takes all forecasts to be independent, \
                  so with many symbols it is too small."
            .to_owned(),
        legend: Vec::new(),
        drawings,
    })
}

fn histogram(model: &str, pit: &PitHistogram) -> String {
    let days = pit.days().max(1) as f64;
    let shares: Vec<f64> = pit.counts().iter().map(|&count| count as f64 / days).collect();
    let mut height = Axis::shares(shares.iter().copied().chain([0.0, 0.05]));
    height.low = 0.0;
    height.ticks.retain(|(at, _)| *at >= 0.0);
    let width = shares.len() as f64;
    let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|level| (width * level, format!("{level}"))).to_vec();
    let mut frame = Frame::new(SIZE, Axis { low: 0.0, high: width, ticks }, height);
    for (at, share) in (0..).map(f64::from).zip(&shares) {
        let [from, to] = [at, at + 1.0].map(|bin| bin / width);
        let title = format!("between the quantiles {from:.2} and {to:.2}: {:.2} %", 100.0 * share);
        frame.bar("bar", (at, at + 1.0), *share, &title);
    }
    frame.rule("rule", 0.05);
    frame.finish(&format!("PIT histogram of {model}"))
}
