//! What became of forecasts as it is told to people and programs.

use chrono::NaiveDate;
use closecast_domain::Symbol;
use closecast_eval::{
    Bias, MIN_RECORD_DAYS, PitHistogram, TrackRecord,
    track_record::{IntervalRecord, SettledDay, Spread},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{JudgedModelView, StatusView};
use crate::figures::ErrorsView;
use closecast_app::state::LoadedModel;

/// What became of the settled forecasts of a symbol, one session ahead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PredictionDistribution)]
pub struct DistributionView {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    model: JudgedModelView,
    /// `insufficient_data` while there are fewer than the days needed, else `healthy`: it says nothing of how good they were.
    status: StatusView,
    /// Settled forecasts, all of the model of that name, whichever version made them.
    days: usize,
    /// Fewest from which anything can be concluded.
    days_needed: usize,
    first_date: Option<NaiveDate>,
    last_date: Option<NaiveDate>,
    /// Errors in the price's currency, and naive's on the same days.
    errors: Option<ErrorsView>,
    naive: Option<ErrorsView>,
    bias: Option<BiasView>,
    forecast_returns: Option<SpreadView>,
    realised_returns: Option<SpreadView>,
    /// How often closes fell into the central intervals.
    intervals: Vec<IntervalRecordView>,
    pit: Option<PitView>,
    /// Every day, oldest first.
    points: Vec<PointView>,
}

/// Mean of the logarithm of the close over the forecast, with its 95 % confidence interval: above 0 when closes came out higher.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bias)]
struct BiasView {
    mean: f64,
    standard_error: f64,
    lower: f64,
    upper: f64,
    p_value: f64,
}

/// How log returns spread.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Spread)]
struct SpreadView {
    mean: f64,
    standard_deviation: f64,
    least: f64,
    greatest: f64,
}

/// How often closes fell into one central interval, with the 95 % confidence interval of the share.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IntervalRecord)]
struct IntervalRecordView {
    level: f64,
    days: usize,
    inside: usize,
    share: f64,
    lower: f64,
    upper: f64,
}

/// Days by the twentieth of its forecast distribution that the close fell into: flat when the distributions are right.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PitHistogram)]
struct PitView {
    #[schema(min_items = 20, max_items = 20)]
    counts: Vec<usize>,
    /// p-value of the χ² test that it is flat; absent below 100 days.
    uniformity_p_value: Option<f64>,
}

/// A settled forecast, in log returns from the last close.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettledForecast)]
struct PointView {
    date: NaiveDate,
    forecast_return: f64,
    realised_return: f64,
    /// Where in its forecast distribution the close fell, from 0 to 1.
    pit: Option<f64>,
}

impl DistributionView {
    /// Returns what became of the forecasts of `symbol` by the model of that name.
    pub fn new(symbol: Symbol, served: &LoadedModel, record: Option<&TrackRecord>) -> Self {
        let days = record.map_or(&[][..], |record| &record.days);
        let enough = days.len() >= MIN_RECORD_DAYS;
        Self {
            symbol,
            model: (&served.version).into(),
            status: if enough { StatusView::Healthy } else { StatusView::InsufficientData },
            days: days.len(),
            days_needed: MIN_RECORD_DAYS,
            first_date: days.first().map(|day| day.date),
            last_date: days.last().map(|day| day.date),
            errors: record.map(|record| record.errors.model.into()),
            naive: record.map(|record| record.errors.naive.into()),
            bias: record.and_then(|record| record.bias).map(Into::into),
            forecast_returns: record.map(|record| record.forecast_returns.into()),
            realised_returns: record.map(|record| record.realised_returns.into()),
            intervals: record.map_or_else(Vec::new, |record| record.intervals.iter().map(Into::into).collect()),
            pit: record.and_then(|record| record.pit.as_ref()).map(Into::into),
            points: days.iter().map(Into::into).collect(),
        }
    }
}

impl From<Bias> for BiasView {
    fn from(Bias { mean, standard_error, lower, upper, p_value, days: _ }: Bias) -> Self {
        Self { mean, standard_error, lower, upper, p_value }
    }
}

impl From<Spread> for SpreadView {
    fn from(Spread { mean, standard_deviation, least, greatest }: Spread) -> Self {
        Self { mean, standard_deviation, least, greatest }
    }
}

impl From<&IntervalRecord> for IntervalRecordView {
    fn from(&IntervalRecord { level, days, inside, share, lower, upper }: &IntervalRecord) -> Self {
        Self { level, days, inside, share, lower, upper }
    }
}

impl From<&PitHistogram> for PitView {
    fn from(histogram: &PitHistogram) -> Self {
        // Too few days for the test are no error here.
        let uniformity_p_value = histogram.uniformity().ok().map(|test| test.p_value);
        Self { counts: histogram.counts().to_vec(), uniformity_p_value }
    }
}

impl From<&SettledDay> for PointView {
    fn from(&SettledDay { date, forecast_return, realised_return, pit }: &SettledDay) -> Self {
        Self { date, forecast_return, realised_return, pit }
    }
}
