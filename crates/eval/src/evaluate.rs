//! Error metrics of one-step forecasts, of a model and of the naive forecast on the same days.

use chrono::NaiveDate;
use closecast_domain::{ErrorMetrics, PartEvaluation};

use crate::{
    error::EvalError,
    metrics::{directional_accuracy, mae, mape, r2, r2_naive, relative_mae, rmse},
    significance::{Loss, diebold_mariano},
};

/// A forecast of one session's close and its realised close, as quoted prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Session forecast.
    pub date: NaiveDate,
    /// Last close known when the forecast was made: the naive forecast.
    pub last_close: f64,
    /// Realised close.
    pub actual: f64,
    /// Point forecast.
    pub point: f64,
}

/// Returns the error metrics of the forecasts and of the naive forecast on the same days.
///
/// The p-value is that of the Diebold–Mariano test on absolute errors, one step ahead; `None` for too few days or forecasts
/// equal to naive. The metrics of the naive forecast have no p-value and no directional accuracy.
///
/// # Errors
/// [`EvalError`] without outcomes, when one is not finite, or the dates are not ascending.
pub fn evaluate(outcomes: &[Outcome]) -> Result<PartEvaluation, EvalError> {
    if let Some(position) = outcomes.windows(2).position(|pair| pair[0].date >= pair[1].date) {
        let index = position + 1;
        return Err(EvalError::Unordered { index, date: outcomes[index].date });
    }
    let actual: Vec<f64> = outcomes.iter().map(|outcome| outcome.actual).collect();
    let last_close: Vec<f64> = outcomes.iter().map(|outcome| outcome.last_close).collect();
    let point: Vec<f64> = outcomes.iter().map(|outcome| outcome.point).collect();
    let dm_p_value = p_value_against_naive(&actual, &point, &last_close)?;
    Ok(PartEvaluation {
        model: ErrorMetrics { dm_p_value, ..error_metrics(&actual, &point, &last_close)? },
        naive: error_metrics(&actual, &last_close, &last_close)?,
    })
}

/// Returns all metrics except the p-value.
pub(crate) fn error_metrics(actual: &[f64], forecast: &[f64], last_close: &[f64]) -> Result<ErrorMetrics, EvalError> {
    Ok(ErrorMetrics {
        days: actual.len(),
        mae: mae(actual, forecast)?,
        rmse: rmse(actual, forecast)?,
        mape: mape(actual, forecast)?.percent,
        r2: r2(actual, forecast)?,
        r2_naive: r2_naive(actual, forecast, last_close)?,
        directional_accuracy: directional_accuracy(actual, forecast, last_close)?,
        rel_mae_naive: relative_mae(actual, forecast, last_close)?,
        dm_p_value: None,
    })
}

fn p_value_against_naive(actual: &[f64], point: &[f64], last_close: &[f64]) -> Result<Option<f64>, EvalError> {
    let errors = |forecast: &[f64]| -> Vec<f64> { actual.iter().zip(forecast).map(|(y, f)| y - f).collect() };
    match diebold_mariano(&errors(point), &errors(last_close), 1, Loss::Absolute) {
        Ok(result) => Ok(result.map(|test| test.p_value)),
        Err(EvalError::TooFew { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(rows: &[(f64, f64, f64)]) -> Vec<Outcome> {
        let start = NaiveDate::from_ymd_opt(2024, 1, 2).unwrap();
        rows.iter()
            .zip(start.iter_days())
            .map(|(&(last_close, actual, point), date)| Outcome { date, last_close, actual, point })
            .collect()
    }

    #[test]
    fn three_days_worked_by_hand() {
        let part = evaluate(&outcomes(&[(10.0, 12.0, 11.0), (12.0, 10.0, 13.0), (10.0, 10.0, 12.0)])).unwrap();
        let (model, naive) = (part.model, part.naive);
        assert_eq!((model.days, model.mae, naive.days), (3, 2.0, 3));
        assert!((model.rmse - (14.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((model.mape.unwrap() - 100.0 * (1.0 / 12.0 + 0.3 + 0.2) / 3.0).abs() < 1e-12);
        assert!((model.r2.unwrap() - (1.0 - 14.0 / (8.0 / 3.0))).abs() < 1e-12);
        assert_eq!(model.r2_naive, Some(1.0 - 14.0 / 8.0));
        assert_eq!(model.rel_mae_naive, Some(2.0 / (4.0 / 3.0)));
        let direction = model.directional_accuracy.unwrap();
        assert_eq!((direction.value, direction.days), (0.5, 2));
        assert_eq!(model.dm_p_value, None, "three days are too few for the test");
        assert_eq!((naive.rel_mae_naive, naive.r2_naive), (Some(1.0), Some(0.0)));
        assert_eq!((naive.directional_accuracy, naive.dm_p_value), (None, None));
    }

    #[test]
    fn refuses_days_out_of_order_or_twice() {
        let mut days = outcomes(&[(1.0, 2.0, 1.5), (2.0, 3.0, 2.5), (3.0, 4.0, 3.5)]);
        days[2].date = days[1].date;
        assert_eq!(evaluate(&days), Err(EvalError::Unordered { index: 2, date: days[1].date }));
        days.swap(0, 1);
        assert!(matches!(evaluate(&days), Err(EvalError::Unordered { index: 1, .. })));
        assert!(matches!(evaluate(&[]), Err(EvalError::Empty { .. })));
    }
}
