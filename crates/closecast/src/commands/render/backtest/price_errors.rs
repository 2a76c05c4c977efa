//! Errors of the point forecasts in prices.

use std::fmt::Write as _;

use closecast_eval::backtest::ModelScore;

use super::{figure, named};

/// Most symbols whose errors are told one by one.
const MOST_SYMBOLS: usize = 5;

/// Returns a row for every symbol, model and horizon; `None` when the symbols are too many to read.
pub(crate) fn table(scores: &[ModelScore]) -> Option<String> {
    let symbols = &scores.first()?.symbols;
    if symbols.len() > MOST_SYMBOLS {
        return None;
    }
    let several = scores.iter().any(|score| score.horizon > 1);
    let mut text = format!(
        "{:<12}{:<14}{:>6}{:>11}{:>11}{:>9}{:>9}{:>20}",
        "", "", "days", "MAE", "RMSE", "MAPE", "R²", "direction right"
    );
    for symbol in symbols {
        for score in scores {
            let Some(of_symbol) = score.symbols.iter().find(|other| other.symbol == symbol.symbol) else { continue };
            let errors = &of_symbol.price_errors;
            let direction = errors.directional_accuracy.map_or("–".to_owned(), |accuracy| {
                let [value, lower, upper] = [accuracy.value, accuracy.lower, accuracy.upper].map(|share| share * 100.0);
                format!("{value:.1} % ({lower:.0}–{upper:.0})")
            });
            let percent = errors.mape.map_or("–".to_owned(), |mape| format!("{mape:.2} %"));
            let (symbol, model) = (symbol.symbol.as_str(), named(score, several));
            let _infallible = write!(
                text,
                "\n{symbol:<12}{model:<14}{:>6}{:>11.4}{:>11.4}{percent:>9}{:>9}{direction:>20}",
                errors.days,
                errors.mae,
                errors.rmse,
                figure(errors.r2),
            );
        }
    }
    Some(text)
}
