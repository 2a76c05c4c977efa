//! Stored prices.

pub(crate) mod compare;
mod period;
pub(crate) mod popular;
pub(crate) mod refresh;
pub(crate) mod test_payload;
pub(crate) mod upload;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use chrono::NaiveDate;
use closecast_data::export;
use closecast_domain::History;
use serde::Deserialize;
use utoipa::IntoParams;

use self::period::Period;
use crate::state::ServerState;
use crate::{
    accept, auth, etag,
    extract::{Parameters, SymbolPath},
    fetch_on_demand::fetch_missing,
    problem::{Problem, ProblemBody, within},
    queue::By,
};
use closecast_api::stock::StockView;
use closecast_app::{error::AppError, use_cases};

/// Most sessions that can be asked for.
const MAX_DAYS: usize = 100_000;

/// Sessions that count as one more request of the caller's allowance.
const BARS_PER_UNIT: usize = 5000;

/// Which sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// First day; the first one stored when absent.
    #[param(example = "2010-01-04")]
    start_date: Option<NaiveDate>,
    /// Last day, included; the last one stored when absent.
    end_date: Option<NaiveDate>,
    /// How far back from the last session stored, instead of `start_date`.
    #[param(inline)]
    period: Option<Period>,
    /// Of these, the newest sessions alone.
    #[param(minimum = 1, maximum = 100_000)]
    days: Option<usize>,
}

/// Returns the stored history of a symbol and its current price: as JSON, or as CSV when `Accept` asks for `text/csv`.
#[utoipa::path(get, path = "/api/stocks/{symbol}", tag = "stocks",
    params(
        ("symbol" = String, Path, description = "Symbol", example = "AAPL", max_length = 24, pattern = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$"),
        Asked,
    ),
    responses(
        (status = 200, description = "The history", content((StockView = "application/json"), (String = "text/csv")), headers(("etag" = String, description = "Names the text of this answer"))),
        (status = 304, description = "The history of If-None-Match still holds"),
        (status = 404, description = "There are no prices of the symbol", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The symbol cannot be one, a parameter is wrong, or no session lies between the dates", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The prices are not stored, and the price source does not deliver them (with fetch_missing)", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn history(
    State(app): State<ServerState>,
    SymbolPath(symbol): SymbolPath,
    Parameters(asked): Parameters<Asked>,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    asked.check()?;
    fetch_missing(&app, &symbol, by.as_deref()).await?;
    let loaded = use_cases::history::load(&app, &symbol).await?;
    let selected = asked.select(&loaded.history)?;
    auth::charge(&app, by.as_deref(), selected.len() / BARS_PER_UNIT)?;
    let (content_type, body) = if accept::prefers_csv(&headers) {
        let mut csv = Vec::new();
        export::write_history(&mut csv, &selected).map_err(AppError::Runtime)?;
        ("text/csv; charset=utf-8", csv)
    } else {
        let view = StockView::new(loaded, &selected);
        ("application/json", serde_json::to_vec(&view).map_err(|error| AppError::Internal(error.to_string()))?)
    };
    let mut response = etag::respond_named(body, content_type, &headers);
    response.headers_mut().append(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

impl Asked {
    fn check(&self) -> Result<(), Problem> {
        check_dates(self.start_date, self.end_date)?;
        if self.period.is_some() && self.start_date.is_some() {
            return Err(Problem::invalid("period and start_date both say where to begin: give one of them"));
        }
        self.days.map_or(Ok(()), |days| within("days", days, 1..=MAX_DAYS))
    }

    /// Returns the part of `history` that was asked for.
    fn select(&self, history: &History) -> Result<History, AppError> {
        let start = self.start_date.or_else(|| self.period?.first_day(history.last().date));
        let selected = history.between(start, self.end_date)?;
        let newest = self.days.and_then(|days| selected.len().checked_sub(days));
        match newest {
            Some(first) => Ok(selected.between(Some(selected.bars()[first].date), None)?),
            None => Ok(selected),
        }
    }
}

/// Refuses dates in the wrong order.
fn check_dates(start: Option<NaiveDate>, end: Option<NaiveDate>) -> Result<(), Problem> {
    match (start, end) {
        (Some(start), Some(end)) if start > end => {
            Err(Problem::invalid(format!("start_date {start} is after end_date {end}")))
        }
        _ => Ok(()),
    }
}
