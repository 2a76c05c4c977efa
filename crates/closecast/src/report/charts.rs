//! The charts of a report, drawn from the forecasts of the shortest horizon.

mod calibration;
mod coverage;
mod crps;
mod fan;
mod pit;

use closecast_eval::{
    EvalError,
    backtest::{ModelDays, Panel},
};

use closecast_app::use_cases::backtest::BacktestResult;

/// Size of a chart: its text is sized for a phone.
const SIZE: (f64, f64) = (440.0, 270.0);

/// One or more drawings with what is said of them.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) caption: String,
    /// Models drawn as lines.
    pub(super) legend: Vec<Line>,
    /// Drawings, each with a title where there are several.
    pub(super) drawings: Vec<(String, String)>,
}

/// How a model is drawn.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) model: String,
    pub(super) class: String,
}

/// What the charts are drawn from.
struct Drawn<'a> {
    /// Models with quantiles, by the order of the command.
    models: Vec<(Line, &'a ModelDays<'a>)>,
    reference: Option<&'a ModelDays<'a>>,
}

impl<'a> Drawn<'a> {
    fn new(panel: &'a Panel<'a>, reference: &str) -> Self {
        let horizon = panel.models.iter().map(|model| model.horizon).min().unwrap_or(1);
        let at_horizon = panel.models.iter().filter(|model| model.horizon == horizon).enumerate();
        let line = |(index, model): (usize, &'a ModelDays<'a>)| {
            (Line { model: model.model.to_owned(), class: format!("m{}", index % 8) }, model)
        };
        Self { models: at_horizon.map(line).collect(), reference: panel.model(reference, horizon) }
    }

    /// Returns the models but the reference.
    fn others(&self) -> impl Iterator<Item = (&Line, &'a ModelDays<'a>)> {
        let reference = self.reference.map(|model| model.model);
        self.models.iter().filter(move |(line, _)| Some(&*line.model) != reference).map(|(line, model)| (line, *model))
    }
}

/// Returns the charts that can be drawn of the result.
///
/// # Errors
/// [`EvalError`] when a figure cannot be computed.
pub(super) fn all(result: &BacktestResult, panel: &Panel<'_>) -> Result<Vec<Chart>, EvalError> {
    let drawn = Drawn::new(panel, &result.reference);
    let charts = [
        crps::by_symbol(&drawn),
        crps::by_month(&drawn)?,
        calibration::chart(&drawn)?,
        coverage::over_time(&drawn),
        fan::chart(result, &drawn),
        pit::histograms(result),
    ];
    Ok(charts.into_iter().flatten().collect())
}
