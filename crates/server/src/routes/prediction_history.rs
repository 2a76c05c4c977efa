//! Forecasts that were made.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use closecast_domain::Symbol;
use closecast_store::HistoryFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::state::ServerState;
use crate::{
    accept::prefers_csv,
    cursor, etag,
    extract::Parameters,
    model_name::check_model_name,
    problem::{Problem, ProblemBody, within},
};
use closecast_api::past_forecast::{PastForecastView, PastForecastsView};
use closecast_app::error::AppError;

/// Most forecasts of a page.
const MOST: u64 = 1000;

/// Where the next page begins, beside a body of CSV.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

/// Which forecasts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Symbol that was forecast.
    #[param(value_type = Option<String>, example = "AAPL", min_length = 1, max_length = 24)]
    symbol: Option<String>,
    /// Name of the model that forecast.
    #[param(example = "BASE", min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]*$")]
    model: Option<String>,
    /// First day (UTC) on which a forecast was made.
    from: Option<NaiveDate>,
    /// Last day (UTC) on which a forecast was made.
    to: Option<NaiveDate>,
    /// Where the page begins: `next` of the page before.
    #[param(max_length = 64)]
    cursor: Option<String>,
    /// Most forecasts of the page; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Lists forecasts that were made, the last one first, each with the error it turned out to have, beside naive's. As CSV for a
/// client that asks for it with `Accept: text/csv`; the next page then begins at the header `x-next-cursor`.
#[utoipa::path(get, path = "/api/predictions/history", tag = "forecasts", params(Asked), responses(
    (status = 200, description = "A page of forecasts", content((PastForecastsView = "application/json"), (String = "text/csv")), headers(
        ("etag" = String, description = "Names the text of this page"),
        ("x-next-cursor" = String, description = "Where the next page begins, beside CSV"),
    )),
    (status = 304, description = "The page of If-None-Match still holds"),
    (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let limit = asked.limit.unwrap_or(100);
    within("limit", limit, 1..=MOST)?;
    let from = asked
        .cursor
        .as_deref()
        .map(|text| cursor::from_text(text).ok_or_else(|| Problem::invalid("cursor: is none that this server gave")));
    let from = from.transpose()?;
    let page = app.store.forecasts().history(&filter(&asked)?, from, limit).await.map_err(AppError::from)?;
    let view = PastForecastsView {
        forecasts: page.forecasts.into_iter().map(PastForecastView::from).collect(),
        next: page.next.map(cursor::to_text),
    };
    let mut response = if prefers_csv(&headers) {
        let csv = view.to_csv().into_bytes();
        let mut response = etag::respond_named(csv, "text/csv; charset=utf-8", &headers);
        if let Some(next) = view.next.as_deref().and_then(|next| HeaderValue::from_str(next).ok()) {
            response.headers_mut().insert(NEXT_CURSOR, next);
        }
        response
    } else {
        let internal = |error: serde_json::Error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
        let json = serde_json::to_vec(&view).map_err(internal)?;
        etag::respond_named(json, "application/json", &headers)
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

fn filter(asked: &Asked) -> Result<HistoryFilter, Problem> {
    let symbol = asked.symbol.as_deref().map(Symbol::new).transpose();
    let symbol = symbol.map_err(|error| Problem::invalid(format!("symbol: {error}")))?;
    check_model_name("model", asked.model.as_deref())?;
    if let (Some(from), Some(to)) = (asked.from, asked.to)
        && from > to
    {
        return Err(Problem::invalid(format!("from is {from}, after to, which is {to}")));
    }
    let day = |name: &str, date: NaiveDate| {
        // Databases know fewer years than chrono.
        let known = (1..=9998).contains(&chrono::Datelike::year(&date));
        known.then_some(date).ok_or_else(|| Problem::invalid(format!("{name}: must be from year 1 to 9998")))
    };
    let made_from = asked.from.map(|date| day("from", date)).transpose()?;
    let made_before = asked.to.map(|date| day("to", date)).transpose()?.and_then(|date| date.succ_opt());
    let midnight = |date: NaiveDate| -> DateTime<Utc> { date.and_time(NaiveTime::MIN).and_utc() };
    Ok(HistoryFilter {
        symbol,
        model_name: asked.model.clone(),
        made_from: made_from.map(midnight),
        made_before: made_before.map(midnight),
    })
}
