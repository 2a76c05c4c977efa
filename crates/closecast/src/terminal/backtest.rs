//! The table of models beside each other.

use std::fmt::Write as _;

use closecast_eval::backtest::ModelScore;

/// Models that the others' CRPS is told against, in this order, where they took part.
const ANCHORS: [&str; 3] = ["naive", "ewma-t", "garch-t"];

/// Returns a row for every model and horizon.
pub(crate) fn table(scores: &[ModelScore]) -> String {
    let anchors: Vec<&str> =
        ANCHORS.into_iter().filter(|name| scores.iter().any(|score| score.model == *name)).collect();
    let several = scores.iter().any(|score| score.horizon > 1);
    let mut text = format!("{:<14}{:>8}{:>10}", "", "symbols", "MAE/naive");
    for anchor in &anchors {
        let _infallible = write!(text, "{:>14}", format!("CRPS/{anchor}"));
    }
    let _infallible =
        write!(text, "{:>9}{:>8}{:>8}{:>8}{:>13}", "better", "in 50%", "in 80%", "in 90%", "worst in 90%");
    for score in scores {
        let name = if several { format!("{} +{}", score.model, score.horizon) } else { score.model.clone() };
        let _infallible = write!(text, "\n{name:<14}{:>8}{:>10}", score.symbols.len(), figure(score.relative_mae));
        for anchor in &anchors {
            let ratio = if *anchor == score.model { Some(1.0) } else { score.relative_crps.get(*anchor).copied() };
            let _infallible = write!(text, "{:>14}", figure(ratio.filter(|_| score.coverage.is_some())));
        }
        // Better than the strongest anchor there is.
        let better = anchors.iter().rev().find_map(|anchor| score.share_better.get(*anchor));
        let _infallible = write!(text, "{:>9}", percent(better.copied()));
        for at in 0..3 {
            let _infallible = write!(text, "{:>8}", percent(score.coverage.map(|shares| shares[at])));
        }
        let _infallible = write!(text, "{:>13}", percent(score.worst_coverage));
    }
    text
}

fn figure(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.4}"))
}

fn percent(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{:.1} %", value * 100.0))
}
