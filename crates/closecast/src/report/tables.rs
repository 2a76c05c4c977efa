//! The tables of a report.

use closecast_eval::{
    CENTRAL_LEVELS,
    backtest::{self, ModelScore, OverallCalibration, Panel, Slice, SymbolScore},
};

use super::format::{NOTHING, direction, p_value, percent, ratio, tested};
use closecast_app::use_cases::backtest::BacktestResult;

/// A table of text.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Row>,
}

impl Table {
    /// Returns the number of columns that say what a row is about.
    pub(super) fn labels(&self) -> usize {
        self.rows.first().map_or(0, |row| row.labels.len())
    }
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

/// Returns the figures over all symbols and days, a column for every model and horizon.
pub(super) fn summary(result: &BacktestResult) -> Table {
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    let mut row = |label: &str, figure: &dyn Fn(&ModelScore) -> String| {
        rows.push((label.to_owned(), result.scores.iter().map(figure).collect()));
    };
    row("MAE / naive", &|score| ratio(score.relative_mae));
    row("its p-value", &|score| p_value(score.mae_test.map(|test| test.p_value)));
    for other in result.standards() {
        row(&format!("CRPS / {other}"), &|score| ratio(score.against.get(other).map(|against| against.relative_crps)));
        row("its p-value", &|score| {
            p_value(score.against.get(other).and_then(|against| against.test).map(|t| t.p_value))
        });
        row("symbols better", &|score| percent(score.against.get(other).map(|against| against.share_better)));
    }
    for (at, level) in CENTRAL_LEVELS.into_iter().enumerate() {
        row(&format!("in {:.0}\u{a0}%", 100.0 * level), &|score| coverage(score)[at].clone());
    }
    let calibration = |of: fn(&OverallCalibration) -> String| {
        move |score: &ModelScore| score.calibration.as_ref().map_or(NOTHING.to_owned(), of)
    };
    row("p-value of the 90\u{a0}%", &calibration(|held| p_value(held.coverage_p_value)));
    row("symbols from 86\u{a0}%", &calibration(|held| percent(Some(held.share_covered))));
    row("worst symbol", &worst_symbol);
    row("worst days", &|score| {
        let worst = backtest::worst_volatility(&result.slices, &score.model, score.horizon);
        worst.map_or(NOTHING.to_owned(), |(days, share)| format!("{days} {}", percent(Some(share))))
    });
    row("Kupiec objects", &calibration(|held| percent(Some(held.kupiec_rejected))));
    row("Christoffersen objects", &calibration(|held| percent(held.conditional_rejected)));
    row("PIT objects", &calibration(|held| percent(held.pit_rejected)));
    row("direction right", &|score| direction(score.directional_accuracy.as_ref()));
    row("copy of last close", &|score| ratio(score.lag_one_copy));
    let several = several_horizons(result);
    let models = result.scores.iter().map(|score| name(score, several));
    let row = |(label, figures)| Row { begins: true, labels: vec![label], figures };
    Table { head: std::iter::once(String::new()).chain(models).collect(), rows: rows.into_iter().map(row).collect() }
}

/// Returns the figures on the days of each of `slices`.
pub(super) fn by_days<'a>(result: &BacktestResult, slices: impl Iterator<Item = &'a Slice>) -> Table {
    let relative = format!("CRPS / {}", result.reference);
    let columns = ["days", "model", "forecasts", "MAE / naive", &relative];
    let columns =
        [&columns[..], &["in 50\u{a0}%", "in 80\u{a0}%", "in 90\u{a0}%", "in 95\u{a0}%", "worst symbol"]].concat();
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
    let columns =
        ["symbol", "days", "MAE / naive", &relative, "in 50\u{a0}%", "in 80\u{a0}%", "in 90\u{a0}%", "in 95\u{a0}%"];
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
    figures.push(errors.mape.map_or(NOTHING.to_owned(), |mape| format!("{mape:.2}\u{a0}%")));
    figures.push(ratio(errors.r2));
    Row { begins: true, labels: vec![symbol.symbol.to_string()], figures }
}

fn coverage(score: &ModelScore) -> [String; 4] {
    score.calibration.as_ref().map_or([None; 4], |calibration| calibration.coverage.shares()).map(percent)
}

fn worst_symbol(score: &ModelScore) -> String {
    let worst = score.calibration.as_ref().map(|calibration| &calibration.worst);
    worst.map_or(NOTHING.to_owned(), |(symbol, share)| format!("{symbol} {}", percent(Some(*share))))
}
