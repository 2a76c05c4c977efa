//! The table of a model beside naive.

use std::fmt::Write as _;

use closecast_domain::{ErrorMetrics, Evaluation};

/// Returns the errors of both on all three parts, one row each.
pub(crate) fn table(evaluation: &Evaluation) -> String {
    let mut text = format!(
        "{:<22}{:>6}{:>10}{:>10}{:>9}{:>9}{:>20}{:>11}{:>9}",
        "", "days", "MAE", "RMSE", "MAPE", "R²", "direction right", "MAE/naive", "p-value"
    );
    let parts = [("train", evaluation.train), ("validation", evaluation.validation), ("test", evaluation.test)];
    for (name, part) in parts {
        row(&mut text, &format!("{name:<11}model"), &part.model);
        row(&mut text, &format!("{:<11}naive", ""), &part.naive);
    }
    text
}

fn row(text: &mut String, name: &str, errors: &ErrorMetrics) {
    let direction = errors.directional_accuracy.map_or("–".to_owned(), |direction| {
        format!("{:.1} % ({:.0}–{:.0})", direction.value * 100.0, direction.lower * 100.0, direction.upper * 100.0)
    });
    let percent = errors.mape.map_or("–".to_owned(), |mape| format!("{mape:.2} %"));
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
    let _infallible = write!(
        text,
        "\n{name:<22}{:>6}{:>10.4}{:>10.4}{percent:>9}{:>9}{direction:>20}{:>11}{:>9}",
        errors.days,
        errors.mae,
        errors.rmse,
        figure(errors.r2),
        figure(errors.rel_mae_naive),
        figure(errors.dm_p_value)
    );
}
