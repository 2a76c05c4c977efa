//! From a window of prices to a series of a history.

use chrono::NaiveDate;
use closecast_domain::{PriceBasis, RawBar, RawSeries};
use utoipa::ToSchema;

use crate::{
    examples,
    predict_body::{Window, WindowRow},
    problem::Problem,
};
use closecast_app::use_cases::forecast_sent::{Sent, placeholder_symbol};

/// Returns the prices of a window.
///
/// # Errors
/// None in practice.
pub(super) fn sent(window: Window) -> Result<Sent, Problem> {
    let internal = |error| Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, format!("{error}"));
    let symbol = window.symbol.clone().map_or_else(|| placeholder_symbol().map_err(internal), Ok)?;
    let dated = window.rows.iter().all(|row| row.date.is_some());
    let series = RawSeries {
        symbol,
        basis: PriceBasis::SplitAdjusted,
        currency: None,
        source: "request".to_owned(),
        bars: window.rows.iter().map(bar).collect(),
    };
    let (place, model, symbol) = (window.field, window.model, window.symbol);
    Ok(Sent { symbol, model, place, series, dated, as_of: window.as_of, look_up: true })
}

/// Without a date of its own a row is dated later.
fn bar(row: &WindowRow) -> RawBar {
    RawBar {
        open: row.open,
        high: row.high,
        low: row.low,
        close: Some(row.close),
        adj_close: row.adj_close,
        volume: row.volume,
        dividend: row.dividend,
        split: row.split,
        ..RawBar::empty(row.date.unwrap_or_default())
    }
}

/// The body of `POST /predict` as JSON.
#[derive(ToSchema)]
#[schema(as = PredictRequest, example = json!({ "values": examples::closes(60) }))]
#[expect(dead_code, reason = "it describes a body that is read field by field, in more shapes than one")]
pub(super) struct Documented {
    /// Closes, oldest first, or an object a day with `date`, `open`, `high`, `low`, `close`, `adj_close` and `volume`. As many as
    /// the model needs: 90 for BASE, of closes alone 20. Without it the stored prices of `symbol` are used.
    #[schema(value_type = Option<Vec<f64>>, min_items = 1, max_items = 20_000)]
    values: Option<Vec<f64>>,
    /// Dates of the values, where these are numbers.
    #[schema(max_items = 20_000)]
    dates: Option<Vec<NaiveDate>>,
    /// Date of the last value; the exchange's last settled session when there are no dates at all.
    as_of: Option<NaiveDate>,
    /// Symbol of the prices.
    #[schema(example = "AAPL", min_length = 1, max_length = 24)]
    symbol: Option<String>,
    /// Model to use; the symbol's own when absent, or BASE.
    #[schema(example = "BASE", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    model_name: Option<String>,
    /// How far older systems should look back. A hint: a model looks as far back as it was trained to.
    #[schema(example = 60, minimum = 1, maximum = 100_000)]
    lookback_days: Option<u64>,
}
