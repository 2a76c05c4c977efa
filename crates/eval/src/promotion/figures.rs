//! Figures of the models on the common days.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use closecast_domain::{DateRange, Symbol};

use super::evidence::{Figures, Ratios};
use crate::{
    EvalError,
    backtest::{BacktestRow, Day, ModelDays, Panel, day_means, equal_losses},
    coverage,
    summation::mean,
};

/// Names of the models among the rows.
pub(super) const CHAMPION: &str = "champion";
pub(super) const CHALLENGER: &str = "challenger";
pub(super) const NAIVE: &str = "naive";

/// All figures.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) symbols: Vec<Symbol>,
    pub(super) sessions: usize,
    pub(super) pairs: usize,
    pub(super) days: Option<DateRange>,
    pub(super) champion: Option<Figures>,
    pub(super) challenger: Option<Figures>,
    pub(super) naive: Option<Figures>,
    pub(super) crps: Ratios,
    pub(super) mae: Ratios,
    pub(super) crps_p_value: Option<f64>,
    pub(super) mae_p_value: Option<f64>,
}

/// Scores all models of `rows` on their common days.
pub(super) fn measure(rows: &[BacktestRow]) -> Result<Measured, EvalError> {
    let panel = Panel::new(rows)?;
    let model = |name| panel.model(name, 1);
    let Some(any) = model(CHALLENGER).or(model(CHAMPION)) else { return Ok(Measured::default()) };
    let dates: BTreeSet<NaiveDate> = any.days().map(|day| day.row.target_date).collect();
    let figures = |name| model(name).map(figures).transpose();
    let (champion, challenger, naive) = (figures(CHAMPION)?, figures(CHALLENGER)?, figures(NAIVE)?);
    let ratios = |figure: fn(&Figures) -> Option<f64>| {
        let of = |ours: &Option<Figures>, theirs: &Option<Figures>| {
            ratio(figure(ours.as_ref()?)?, figure(theirs.as_ref()?)?)
        };
        Ratios {
            challenger_to_champion: of(&challenger, &champion),
            challenger_to_naive: of(&challenger, &naive),
            champion_to_naive: of(&champion, &naive),
        }
    };
    let p_value = |loss: fn(&Day<'_>) -> Option<f64>| match (model(CHALLENGER), model(CHAMPION)) {
        (Some(ours), Some(theirs)) => p_value(ours, theirs, loss),
        _ => Ok(None),
    };
    Ok(Measured {
        symbols: any.symbols.iter().map(|days| days.symbol.clone()).collect(),
        sessions: dates.len(),
        pairs: any.days().count(),
        days: dates.first().zip(dates.last()).map(|(&start, &end)| DateRange { start, end }),
        crps: ratios(|figures| figures.crps),
        mae: ratios(|figures| Some(figures.mae)),
        crps_p_value: p_value(|day| day.crps)?,
        mae_p_value: p_value(|day| Some(absolute_error(day)))?,
        champion,
        challenger,
        naive,
    })
}

fn absolute_error(day: &Day<'_>) -> f64 {
    (day.realised - day.forecast).abs()
}

fn figures(model: &ModelDays<'_>) -> Result<Figures, EvalError> {
    let crps: Option<Vec<f64>> = model.days().map(|day| day.crps).collect();
    let errors: Vec<f64> = model.days().map(absolute_error).collect();
    Ok(Figures {
        mae: mean(errors.into_iter()),
        coverage_90: crps.is_some().then(|| coverage_90(model)).transpose()?,
        crps: crps.map(|scores| mean(scores.into_iter())),
    })
}

/// Returns the share of days between the outermost ventiles.
fn coverage_90(model: &ModelDays<'_>) -> Result<f64, EvalError> {
    let realised: Vec<f64> = model.days().map(|day| day.realised).collect();
    let ends = |day: &Day<'_>| match day.ventiles() {
        [lower, .., upper] => (*lower, *upper),
        _ => (f64::NAN, f64::NAN),
    };
    coverage(&realised, &model.days().map(ends).collect::<Vec<_>>())
}

/// Returns `ours / theirs`; 1 if both are 0, `None` if only `theirs` is 0.
fn ratio(ours: f64, theirs: f64) -> Option<f64> {
    let same = ours == theirs;
    if same { Some(1.0) } else { Some(ours / theirs).filter(|ratio| ratio.is_finite()) }
}

fn p_value(
    ours: &ModelDays<'_>,
    theirs: &ModelDays<'_>,
    loss: fn(&Day<'_>) -> Option<f64>,
) -> Result<Option<f64>, EvalError> {
    match (day_means(ours, loss), day_means(theirs, loss)) {
        (Some(ours), Some(theirs)) => Ok(equal_losses(&ours, &theirs, 1)?.map(|test| test.p_value)),
        _ => Ok(None),
    }
}
