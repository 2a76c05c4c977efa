//! The tables of a report.

use closecast_eval::backtest::{self, ModelScore, Panel, Slice, SymbolScore};

use super::format::{direction, p_value, percent, ratio, tested};
use crate::ops::backtest::BacktestResult;

/// A table of text.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A row: what it is about, and its figures.
pub(super) struct Row {
    /// Whether another group of rows begins here.
    pub(super) begins: bool,
    pub(super) labels: Vec<String>,
    pub(super) figures: Vec<String>,
}

fn head(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|&column| column.to_owned()).collect()
}

/// Returns the name of a model, with the sessions ahead where there are several.
fn name(score: &ModelScore, several: bool) -> String {
    if several { format!("{} +{}", score.model, score.horizon) } else { score.model.clone() }
}

fn several_horizons(result: &BacktestResult) -> bool {
    result.scores.iter().any(|score| score.horizon > 1)
}

/// Returns the figures of every model over all symbols and days.
pub(super) fn summary(result: &BacktestResult) -> Table {
    let others = result.standards();
    let mut columns = vec!["model".to_owned(), "MAE / naive".to_owned(), "p-value".to_owned()];
    for other in &others {
        columns.extend([format!("CRPS / {other}"), "p-value".to_owned(), "symbols better".to_owned()]);
    }
    columns.extend(head(&["in 50 %", "in 80 %", "in 90 %", "in 95 %", "90 %: p-value", "symbols ≥ 86 %"]));
    columns.extend(head(&["worst symbol", "worst days", "direction right", "copy of last close"]));
    let row = |score: &ModelScore| {
        let mut figures = vec![ratio(score.relative_mae), p_value(score.mae_test.map(|test| test.p_value))];
        for other in &others {
            let against = score.against.get(*other);
            figures.push(ratio(against.map(|against| against.relative_crps)));
            figures.push(p_value(against.and_then(|against| against.test).map(|test| test.p_value)));
            figures.push(percent(against.map(|against| against.share_better)));
        }
        figures.extend(coverage(score));
        let calibration = score.calibration.as_ref();
        figures.push(p_value(calibration.and_then(|calibration| calibration.coverage_p_value)));
        figures.push(percent(calibration.map(|calibration| calibration.share_covered)));
        figures.push(worst_symbol(score));
        let worst = backtest::worst_volatility(&result.slices, &score.model, score.horizon);
        figures.push(worst.map_or("–".to_owned(), |(days, share)| format!("{days} {}", percent(Some(share)))));
        figures.push(direction(score.directional_accuracy.as_ref()));
        figures.push(ratio(score.lag_one_copy));
        Row { begins: false, labels: vec![name(score, several_horizons(result))], figures }
    };
    Table { head: columns, rows: result.scores.iter().map(row).collect() }
}

/// Returns the figures on the days of each of `slices`.
pub(super) fn by_days<'a>(result: &BacktestResult, slices: impl Iterator<Item = &'a Slice>) -> Table {
    let relative = format!("CRPS / {}", result.reference);
    let columns = ["days", "model", "forecasts", "MAE / naive", &relative];
    let columns = [&columns[..], &["in 50 %", "in 80 %", "in 90 %", "in 95 %", "worst symbol"]].concat();
    let mut rows = Vec::new();
    for slice in slices {
        for (index, score) in slice.scores.iter().enumerate() {
            let against = score.against.get(&result.reference);
            let forecasts: usize = score.symbols.iter().map(|symbol| symbol.days).sum();
            let mut figures = vec![
                forecasts.to_string(),
                tested(score.relative_mae, score.mae_test.map(|test| test.p_value)),
                tested(
                    against.map(|against| against.relative_crps),
                    against.and_then(|against| against.test).map(|test| test.p_value),
                ),
            ];
            figures.extend(coverage(score));
            figures.push(worst_symbol(score));
            let labels = vec![slice.days.clone(), name(score, several_horizons(result))];
            rows.push(Row { begins: index == 0, labels, figures });
        }
    }
    Table { head: head(&columns), rows }
}

/// Returns for every model and horizon a table of its symbols, under its name.
pub(super) fn by_symbol(result: &BacktestResult, panel: &Panel<'_>) -> Vec<(String, Table)> {
    let relative = format!("CRPS / {}", result.reference);
    let columns = ["symbol", "days", "MAE / naive", &relative, "in 50 %", "in 80 %", "in 90 %", "in 95 %"];
    let tests = ["Kupiec p", "Christoffersen p", "PIT p", "direction right", "copy of last close"];
    let columns = [&columns[..], &tests, &["MAE", "RMSE", "MAPE", "R²"]].concat();
    let table = |score: &ModelScore| {
        let model = panel.model(&score.model, score.horizon);
        let reference = panel.model(&result.reference, score.horizon);
        let ratios = model.zip(reference).map(|(model, reference)| model.relative_crps(reference)).unwrap_or_default();
        let row = |symbol: &SymbolScore| {
            let ratio = ratios.iter().find(|(other, _)| **other == symbol.symbol).map(|(_, ratio)| *ratio);
            symbol_row(symbol, ratio)
        };
        let rows = score.symbols.iter().map(row).collect();
        (name(score, several_horizons(result)), Table { head: head(&columns), rows })
    };
    result.scores.iter().map(table).collect()
}

fn symbol_row(symbol: &SymbolScore, relative_crps: Option<f64>) -> Row {
    let calibration = symbol.calibration.as_ref();
    let shares = calibration.map_or([None; 4], |calibration| calibration.coverage.shares());
    let mut figures = vec![
        symbol.days.to_string(),
        tested(symbol.relative_mae, symbol.mae_p_value),
        tested(relative_crps, symbol.crps_p_value),
    ];
    figures.extend(shares.map(percent));
    figures.push(p_value(calibration.map(|calibration| calibration.kupiec_p_value)));
    figures.push(p_value(calibration.and_then(|calibration| calibration.conditional_p_value)));
    figures.push(p_value(calibration.and_then(|calibration| calibration.pit_p_value)));
    let errors = &symbol.price_errors;
    figures.push(direction(errors.directional_accuracy.as_ref()));
    figures.push(ratio(symbol.lag_one_copy));
    figures.extend([format!("{:.4}", errors.mae), format!("{:.4}", errors.rmse)]);
    figures.push(errors.mape.map_or("–".to_owned(), |mape| format!("{mape:.2} %")));
    figures.push(ratio(errors.r2));
    Row { begins: false, labels: vec![symbol.symbol.to_string()], figures }
}

fn coverage(score: &ModelScore) -> [String; 4] {
    score.calibration.as_ref().map_or([None; 4], |calibration| calibration.coverage.shares()).map(percent)
}

fn worst_symbol(score: &ModelScore) -> String {
    let worst = score.calibration.as_ref().map(|calibration| &calibration.worst);
    worst.map_or("–".to_owned(), |(symbol, share)| format!("{symbol} {}", percent(Some(*share))))
}
