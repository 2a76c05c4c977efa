//! The tables of models beside each other.

mod price_errors;

use std::fmt::Write as _;

use closecast_eval::{
    DieboldMariano, SIGNIFICANCE_LEVEL,
    backtest::{self, ModelScore},
};

pub(crate) use self::price_errors::table as price_errors;
use closecast_app::use_cases::backtest::BacktestResult;

/// Models that the others' CRPS is told against, in this order, where they took part.
const ANCHORS: [&str; 3] = ["naive", "ewma-t", "garch-t"];

/// What the star in [`table`] means.
pub(crate) const STAR: &str =
    "* differs significantly at 5 %, by the Diebold-Mariano test on the means over symbols of each day";

/// Returns a row for every model and horizon. `better` is the share of symbols with a lower CRPS than the reference's.
pub(crate) fn table(scores: &[ModelScore], reference: &str) -> String {
    let anchors: Vec<&str> =
        ANCHORS.into_iter().filter(|name| scores.iter().any(|score| score.model == *name)).collect();
    let several = scores.iter().any(|score| score.horizon > 1);
    let mut text = format!("{:<14}{:>8}{:>11}", "", "symbols", "MAE/naive");
    for anchor in &anchors {
        let _infallible = write!(text, "{:>14}", format!("CRPS/{anchor}"));
    }
    let _infallible = write!(
        text,
        "{:>9}{:>8}{:>8}{:>8}{:>8}{:>13}",
        "better", "in 50%", "in 80%", "in 90%", "in 95%", "worst in 90%"
    );
    for score in scores {
        let calibration = score.calibration.as_ref();
        let ratio = starred(score.relative_mae, score.mae_test.as_ref());
        let _infallible = write!(text, "\n{:<14}{:>8}{ratio:>11}", named(score, several), score.symbols.len());
        for anchor in &anchors {
            let ratio = match score.against.get(*anchor) {
                Some(against) => starred(Some(against.relative_crps), against.test.as_ref()),
                None => starred(calibration.filter(|_| *anchor == score.model).map(|_| 1.0), None),
            };
            let _infallible = write!(text, "{ratio:>14}");
        }
        let better = score.against.get(reference).map(|against| against.share_better);
        let _infallible = write!(text, "{:>9}", percent(better));
        for share in calibration.map_or([None; 4], |calibration| calibration.coverage.shares()) {
            let _infallible = write!(text, "{:>8}", percent(share));
        }
        let _infallible = write!(text, "{:>13}", percent(calibration.map(|calibration| calibration.worst.1)));
    }
    text
}

/// Returns what the figures of each model say in words, but for those that the others are held against.
pub(crate) fn findings(result: &BacktestResult) -> String {
    let several = result.scores.iter().any(|score| score.horizon > 1);
    let mut text = String::new();
    for score in result.judged() {
        let _infallible = write!(text, "\n{}\n", named(score, several));
        for sentence in backtest::findings(score, &result.standards()) {
            let _infallible = writeln!(text, "  {sentence}");
        }
    }
    text
}

/// Returns the name of the model, with its horizon where there are several.
fn named(score: &ModelScore, several: bool) -> String {
    if several { format!("{} +{}", score.model, score.horizon) } else { score.model.clone() }
}

/// Returns a ratio, with a star when it is significant.
fn starred(ratio: Option<f64>, test: Option<&DieboldMariano>) -> String {
    let significant = test.is_some_and(|test| test.p_value < SIGNIFICANCE_LEVEL);
    format!("{}{}", figure(ratio), if significant { "*" } else { " " })
}

fn figure(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.4}"))
}

fn percent(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{:.1} %", value * 100.0))
}
