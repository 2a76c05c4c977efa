//! Scores over all symbols.

use std::collections::BTreeMap;

use super::{
    calibration,
    figures::{CrpsComparison, ModelScore, SymbolScore},
};
use crate::{
    EvalError,
    backtest::{
        panel::{ModelDays, Panel},
        panel_test::{day_means, equal_losses},
    },
    geometric_mean_ratio,
    metrics::{directional_accuracy, lag_one_copy, mae},
};

/// Returns the scores of a model from those of its `symbols` and its days.
pub(super) fn score(
    panel: &Panel<'_>,
    model: &ModelDays<'_>,
    symbols: Vec<SymbolScore>,
) -> Result<ModelScore, EvalError> {
    let realised: Vec<f64> = model.days().map(|day| day.realised).collect();
    let forecast: Vec<f64> = model.days().map(|day| day.forecast).collect();
    let naive = vec![0.0; realised.len()];
    let others = panel.models.iter().filter(|other| other.horizon == model.horizon && other.model != model.model);
    let mut against = BTreeMap::new();
    for other in others {
        if let Some(compared) = compare(model, other)? {
            against.insert(other.model.to_owned(), compared);
        }
    }
    Ok(ModelScore {
        model: model.model.to_owned(),
        horizon: model.horizon,
        relative_mae: relative_mae(model)?,
        mae_test: test_against_naive(model)?,
        against,
        calibration: calibration::overall(model, &symbols)?,
        directional_accuracy: directional_accuracy(&realised, &forecast, &naive)?,
        lag_one_copy: lag_one_copy(&realised, &forecast, &naive)?,
        symbols,
    })
}

/// Returns the geometric mean over symbols; symbols on which either error is 0 are left out.
fn relative_mae(model: &ModelDays<'_>) -> Result<Option<f64>, EvalError> {
    let mut pairs = Vec::with_capacity(model.symbols.len());
    for symbol in &model.symbols {
        let realised: Vec<f64> = symbol.days.iter().map(|day| day.realised).collect();
        let forecast: Vec<f64> = symbol.days.iter().map(|day| day.forecast).collect();
        pairs.push((mae(&realised, &forecast)?, mae(&realised, &vec![0.0; realised.len()])?));
    }
    pairs.retain(|&(ours, naive)| ours > 0.0 && naive > 0.0);
    if pairs.is_empty() {
        return Ok(None);
    }
    Ok(Some(geometric_mean_ratio(&pairs)?.ratio))
}

fn test_against_naive(model: &ModelDays<'_>) -> Result<Option<crate::DieboldMariano>, EvalError> {
    let ours = day_means(model, |day| Some((day.realised - day.forecast).abs()));
    let naive = day_means(model, |day| Some(day.realised.abs()));
    match (ours, naive) {
        (Some(ours), Some(naive)) => equal_losses(&ours, &naive, model.horizon),
        _ => Ok(None),
    }
}

/// Compares the CRPS with another model's; `None` if either has no quantiles.
fn compare(model: &ModelDays<'_>, other: &ModelDays<'_>) -> Result<Option<CrpsComparison>, EvalError> {
    let ratios = model.crps_pairs(other);
    if ratios.is_empty() {
        return Ok(None);
    }
    let pairs: Vec<(f64, f64)> = ratios.into_iter().map(|(_, pair)| pair).collect();
    let compared = geometric_mean_ratio(&pairs)?;
    let test = match (day_means(model, |day| day.crps), day_means(other, |day| day.crps)) {
        (Some(ours), Some(theirs)) => equal_losses(&ours, &theirs, model.horizon)?,
        _ => None,
    };
    Ok(Some(CrpsComparison { relative_crps: compared.ratio, share_better: compared.share_lower, test }))
}
