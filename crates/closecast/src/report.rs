//! A backtest as one HTML file: tables, charts and what they say, for people. It loads nothing and runs nothing.

mod axis;
mod charts;
mod format;
mod frame;
mod svg;
mod tables;

use crate::error::CliError;
use askama::Template;
use closecast_eval::{
    EvalError,
    backtest::{self, Finding, ModelScore, Panel},
};

use self::{charts::Chart, tables::Table};
use closecast_app::{
    plural::counted,
    use_cases::backtest::{BacktestResult, MODELS},
};

/// The page.
#[derive(Template)]
#[template(path = "backtest_report.html")]
struct BacktestReport<'a> {
    facts: Vec<(&'static str, String)>,
    symbols: Vec<String>,
    folds: Vec<String>,
    models: Vec<(&'a str, &'a str)>,
    command: &'a str,
    reference: &'a str,
    verdicts: Vec<Verdict>,
    summary: Table,
    charts: Vec<Chart>,
    by_year: Table,
    by_volatility: Table,
    by_symbol: Vec<(String, Table)>,
    skipped: Vec<String>,
    version: &'static str,
}

/// What the figures of a model say.
struct Verdict {
    model: String,
    /// `good`, `bad` or `open`.
    tone: &'static str,
    sentences: Vec<String>,
}

/// Returns the page. `command` is the command line that made the backtest.
///
/// # Errors
/// [`CliError::Internal`] when a figure cannot be computed or the page not be written.
pub(crate) fn html(result: &BacktestResult, command: &str) -> Result<String, CliError> {
    let measured = |error: EvalError| CliError::Internal(error.to_string());
    let panel = Panel::new(&result.backtest.rows).map_err(measured)?;
    let (years, thirds): (Vec<_>, Vec<_>) =
        result.slices.iter().partition(|slice| slice.days.starts_with(|c: char| c.is_ascii_digit()));
    let page = BacktestReport {
        facts: facts(result),
        symbols: symbols(&result.scores),
        folds: result.plan.folds.iter().map(|fold| format!("{} to {}", fold.first, fold.last)).collect(),
        models: models(&result.scores),
        command,
        reference: &result.reference,
        verdicts: result.judged().into_iter().map(|score| verdict(score, result)).collect(),
        summary: tables::summary(result),
        charts: charts::all(result, &panel).map_err(measured)?,
        by_year: tables::by_days(result, years.into_iter()),
        by_volatility: tables::by_days(result, thirds.into_iter()),
        by_symbol: tables::by_symbol(result, &panel),
        skipped: result
            .backtest
            .skipped
            .iter()
            .map(|skipped| format!("{} by {} from {}: {}", skipped.symbol, skipped.model, skipped.fold, skipped.reason))
            .collect(),
        version: env!("CARGO_PKG_VERSION"),
    };
    page.render().map_err(|error| CliError::Internal(error.to_string()))
}

fn facts(result: &BacktestResult) -> Vec<(&'static str, String)> {
    let spec = &result.plan.spec;
    let days = match (result.plan.folds.first(), result.plan.last()) {
        (Some(first), Some(last)) => format!("{} to {last}", first.first).replace('-', "\u{2011}"),
        _ => "none".to_owned(),
    };
    let forecasts: usize =
        result.scores.first().map_or(0, |score| score.symbols.iter().map(|symbol| symbol.days).sum());
    let refit = counted(spec.refit_every, "session");
    vec![
        ("Days forecast", days),
        ("Fits", format!("{}, after every {refit}", result.plan.folds.len())),
        ("Symbols", result.symbols.to_string()),
        ("Sessions ahead", if spec.horizon == 1 { "1".to_owned() } else { format!("1 to {}", spec.horizon) }),
        ("Forecasts compared", format!("{forecasts} of each model")),
    ]
}

/// Returns the symbols that were scored.
fn symbols(scores: &[ModelScore]) -> Vec<String> {
    scores.first().map_or_else(Vec::new, |score| score.symbols.iter().map(|one| one.symbol.to_string()).collect())
}

/// Returns the models with what they are.
fn models(scores: &[ModelScore]) -> Vec<(&str, &'static str)> {
    let mut models: Vec<(&str, &str)> = Vec::new();
    for score in scores {
        let what = MODELS.iter().find(|(name, _)| *name == score.model).map_or("", |(_, what)| what);
        if !models.iter().any(|(name, _)| *name == score.model) {
            models.push((&score.model, what));
        }
    }
    models
}

fn verdict(score: &ModelScore, result: &BacktestResult) -> Verdict {
    let several = result.scores.iter().any(|score| score.horizon > 1);
    let ahead = if several { format!(", {} ahead", counted(score.horizon, "session")) } else { String::new() };
    let on_distributions =
        [&result.reference, "naive"].into_iter().find_map(|other| score.finding_on_distributions(other));
    let tone = match on_distributions.unwrap_or(score.finding_on_points()) {
        Finding::Better => "good",
        Finding::Worse => "bad",
        Finding::NoDifference | Finding::Mixed | Finding::Untested => "open",
    };
    let sentences = backtest::findings(score, &result.standards());
    // Spaces at which no line may end.
    let unbroken = |sentence: String| {
        let sentence = sentence.replace(" %", "\u{a0}%");
        sentence.replace("p = ", "p\u{a0}=\u{a0}").replace("p < ", "p\u{a0}<\u{a0}")
    };
    let sentences = sentences.into_iter().map(unbroken).collect();
    Verdict { model: format!("{}{ahead}", score.model), tone, sentences }
}
