//! Forecasts that were made, and what became of them.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::Symbol;
use closecast_eval::SettledError;
use closecast_store::StoredForecast;
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::QuantileView;

/// A page of past forecasts, the one made last first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PastForecasts)]
pub struct PastForecastsView {
    pub forecasts: Vec<PastForecastView>,
    /// Where the next page begins, to be given as `cursor`; none when this is the last.
    pub next: Option<String>,
}

/// The forecast of one session, as it was made, and the close that came.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PastForecast)]
pub struct PastForecastView {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    model: PastModelView,
    /// Last session whose close was known.
    as_of: NaiveDate,
    /// Session forecast.
    target_date: NaiveDate,
    /// 1 for the session after `as_of`, 2 for the one after that.
    step: u32,
    /// Close of `as_of`: the forecast that nothing changes.
    last_close: f64,
    /// Point forecast.
    predicted_close: f64,
    /// Distribution, by rising level.
    quantiles: Vec<QuantileView>,
    /// When it was made.
    made_at: DateTime<Utc>,
    /// When the close became known, or the day turned out to be no session.
    settled_at: Option<DateTime<Utc>>,
    /// The close that came, in the units of the forecast: splits and dividends since are undone.
    realised_close: Option<f64>,
    /// How far it was off; none before the close is known.
    error: Option<PastErrorView>,
}

/// The model that made a forecast.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PastModel)]
struct PastModelView {
    name: String,
    sha256: String,
}

/// How far a forecast was off, beside naive.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = PastError)]
struct PastErrorView {
    /// Forecast minus close: positive when it was too high.
    error: f64,
    /// Size of the error.
    absolute: f64,
    /// Size of the error of the forecast that nothing changes.
    naive_absolute: f64,
}

impl From<StoredForecast> for PastForecastView {
    fn from(stored: StoredForecast) -> Self {
        let error = stored.realised_close.map(|close| SettledError::of(stored.point, stored.last_close, close));
        Self {
            symbol: stored.symbol,
            model: PastModelView { name: stored.model.name, sha256: stored.model.sha256 },
            as_of: stored.as_of,
            target_date: stored.target_date,
            step: stored.step,
            last_close: stored.last_close,
            predicted_close: stored.point,
            quantiles: stored.quantiles.into_iter().map(QuantileView::from).collect(),
            made_at: stored.created_at,
            settled_at: stored.settled_at,
            realised_close: stored.realised_close,
            error: error.map(|SettledError { error, absolute, naive_absolute }| PastErrorView {
                error,
                absolute,
                naive_absolute,
            }),
        }
    }
}

/// The header of the same as CSV.
pub const CSV_HEADER: &str = "symbol,model,model_sha256,as_of,target_date,step,last_close,predicted_close,made_at,\
     settled_at,realised_close,error,absolute_error,naive_absolute_error";

impl PastForecastsView {
    /// Returns the page as CSV, without the distributions.
    pub fn to_csv(&self) -> String {
        let mut text = format!("{CSV_HEADER}\n");
        for forecast in &self.forecasts {
            text.push_str(&forecast.to_csv_row());
            text.push('\n');
        }
        text
    }
}

impl PastForecastView {
    /// Symbols and names of models have no characters that would have to be quoted.
    fn to_csv_row(&self) -> String {
        let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        let cells = [
            self.symbol.to_string(),
            self.model.name.clone(),
            self.model.sha256.clone(),
            self.as_of.to_string(),
            self.target_date.to_string(),
            self.step.to_string(),
            self.last_close.to_string(),
            self.predicted_close.to_string(),
            self.made_at.to_rfc3339(),
            self.settled_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
            number(self.realised_close),
            number(self.error.map(|error| error.error)),
            number(self.error.map(|error| error.absolute)),
            number(self.error.map(|error| error.naive_absolute)),
        ];
        cells.join(",")
    }
}

#[cfg(test)]
mod tests {
    use closecast_domain::ModelRef;

    use super::*;

    fn made(realised_close: Option<f64>) -> PastForecastView {
        let day = |day| NaiveDate::from_ymd_opt(2024, 1, day).unwrap();
        StoredForecast {
            symbol: "AAPL".parse().unwrap(),
            model: ModelRef { name: "BASE".to_owned(), sha256: "ab".to_owned() },
            as_of: day(2),
            target_date: day(3),
            step: 1,
            last_close: 100.0,
            point: 103.0,
            quantiles: Vec::new(),
            created_at: DateTime::UNIX_EPOCH,
            realised_close,
            settled_at: realised_close.map(|_| DateTime::UNIX_EPOCH),
        }
        .into()
    }

    #[test]
    fn a_forecast_has_an_error_once_its_close_is_known() {
        let settled = serde_json::to_value(made(Some(101.0))).unwrap();
        assert_eq!(settled["error"], serde_json::json!({"error": 2.0, "absolute": 2.0, "naive_absolute": 1.0}));
        assert!(serde_json::to_value(made(None)).unwrap()["error"].is_null());
    }

    #[test]
    fn every_row_of_csv_has_the_cells_of_the_header() {
        let view = PastForecastsView { forecasts: vec![made(Some(101.0)), made(None)], next: None };
        let csv = view.to_csv();
        let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
        assert!(lines.len() == 3 && lines.iter().all(|cells| cells.len() == lines[0].len()), "{csv}");
        assert_eq!(lines[1][10..], ["101", "2", "2", "1"]);
        assert_eq!(lines[2][9..], [""; 5]);
    }
}
