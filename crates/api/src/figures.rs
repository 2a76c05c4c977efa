//! Figures that several answers have: errors, quantiles, coverage, dates.

use chrono::NaiveDate;
use closecast_domain::{DateRange, DirectionalAccuracy, ErrorMetrics, IntervalCoverage, MeasuredCoverage, Quantile};
use serde::Serialize;
use utoipa::ToSchema;

/// Errors over a stretch of days, in the price's own currency.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Errors)]
pub struct ErrorsView {
    /// Days scored.
    days: usize,
    /// Mean absolute error.
    mae: f64,
    /// Root mean squared error.
    rmse: f64,
    /// Mean absolute percentage error, in percent.
    mape: Option<f64>,
    /// Coefficient of determination against the mean. Says little about prices: the naive forecast has 0.98.
    r2: Option<f64>,
    /// R² against the naive forecast: positive when better than naive.
    r2_naive: Option<f64>,
    directional_accuracy: Option<DirectionView>,
    /// Mean absolute error over naive's on the same days: below 1 is better than naive.
    rel_mae_naive: Option<f64>,
    /// p-value of the Diebold–Mariano test against naive.
    dm_p_value: Option<f64>,
}

/// How often the direction of the move was right.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = DirectionalAccuracy)]
struct DirectionView {
    /// Share of the days, from 0 to 1.
    value: f64,
    /// Lower end of the 95 % interval.
    lower: f64,
    /// Upper end of the 95 % interval.
    upper: f64,
    /// Days counted.
    days: usize,
}

/// A price that the close is forecast to stay below with a probability.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Quantile)]
pub struct QuantileView {
    /// Probability.
    #[schema(example = 0.05)]
    pub level: f64,
    /// Price in the price's currency.
    pub price: f64,
}

/// How often closes fell into central intervals on days after the training.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MeasuredCoverage)]
pub struct CoverageView {
    /// Distinct sessions.
    days: usize,
    /// Forecasts.
    forecasts: usize,
    /// By rising level.
    intervals: Vec<IntervalCoverageView>,
}

/// How often closes fell into one central interval.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = IntervalCoverage)]
struct IntervalCoverageView {
    /// Probability that the interval promises.
    level: f64,
    /// Share of the closes inside.
    share: f64,
}

/// First and last session of a stretch.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = DateRange)]
pub struct DateRangeView {
    pub start: NaiveDate,
    pub end: NaiveDate,
}

impl From<ErrorMetrics> for ErrorsView {
    fn from(errors: ErrorMetrics) -> Self {
        let ErrorMetrics { days, mae, rmse, mape, r2, r2_naive, directional_accuracy, rel_mae_naive, dm_p_value } =
            errors;
        let directional_accuracy = directional_accuracy.map(DirectionView::from);
        Self { days, mae, rmse, mape, r2, r2_naive, directional_accuracy, rel_mae_naive, dm_p_value }
    }
}

impl From<DirectionalAccuracy> for DirectionView {
    fn from(DirectionalAccuracy { value, lower, upper, days }: DirectionalAccuracy) -> Self {
        Self { value, lower, upper, days }
    }
}

impl From<Quantile> for QuantileView {
    fn from(Quantile { level, price }: Quantile) -> Self {
        Self { level, price }
    }
}

impl From<&MeasuredCoverage> for CoverageView {
    fn from(MeasuredCoverage { days, forecasts, intervals }: &MeasuredCoverage) -> Self {
        let interval = |&IntervalCoverage { level, share }: &_| IntervalCoverageView { level, share };
        Self { days: *days, forecasts: *forecasts, intervals: intervals.iter().map(interval).collect() }
    }
}

impl From<DateRange> for DateRangeView {
    fn from(DateRange { start, end }: DateRange) -> Self {
        Self { start, end }
    }
}
