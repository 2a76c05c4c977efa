//! Several symbols side by side.

use axum::{Json, extract::State};
use chrono::NaiveDate;
use closecast_domain::{History, Symbol};
use closecast_eval::compare_prices;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::state::ServerState;
use crate::{
    auth,
    extract::Parameters,
    problem::{Problem, ProblemBody},
    queue::By,
};
use closecast_api::stock::ComparisonView;
use closecast_app::{error::AppError, use_cases};

/// How many symbols at a time.
const SYMBOLS: std::ops::RangeInclusive<usize> = 2..=20;

/// Symbols that count as one more request of the caller's allowance: each may have decades of prices.
const SYMBOLS_PER_UNIT: usize = 2;

/// Largest value that every symbol may begin with.
const LARGEST_BASE: f64 = 1e9;

/// Which symbols, and when.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// 2 to 20 symbols with commas between them.
    #[param(
        example = "AAPL,MSFT",
        max_length = 500,
        pattern = r"^\^?[A-Za-z0-9]{1,12}([._=-][A-Za-z0-9]{1,8})?(,\^?[A-Za-z0-9]{1,12}([._=-][A-Za-z0-9]{1,8})?){1,19}$"
    )]
    symbols: String,
    /// First day; the first one that all symbols have when absent.
    #[param(example = "2010-01-04")]
    start_date: Option<NaiveDate>,
    /// Last day, included; the last one that all symbols have when absent.
    end_date: Option<NaiveDate>,
    /// What each symbol is worth on the first session; 100 when absent.
    #[param(minimum = 0.000001, maximum = 1_000_000_000.0)]
    base: Option<f64>,
}

/// Sets symbols side by side on the sessions that all of them have, each beginning at the same value.
#[utoipa::path(get, path = "/api/stocks/compare", tag = "stocks", params(Asked), responses(
    (status = 200, description = "The comparison", body = ComparisonView),
    (status = 404, description = "There are no prices of one of the symbols", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "A parameter is wrong, or the symbols have no two sessions in common", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn compare(
    State(app): State<ServerState>,
    by: By,
    Parameters(asked): Parameters<Asked>,
) -> Result<Json<ComparisonView>, Problem> {
    let symbols = read_symbols(&asked.symbols)?;
    let base = asked.base.unwrap_or(100.0);
    if !(1e-6..=LARGEST_BASE).contains(&base) {
        return Err(Problem::invalid(format!("base is {base}, but must be from 0.000001 to {LARGEST_BASE}")));
    }
    auth::charge(&app, by.as_deref(), symbols.len() / SYMBOLS_PER_UNIT)?;
    for symbol in &symbols {
        let info = app.store.bars().info(symbol).await.map_err(AppError::from)?;
        info.ok_or_else(|| AppError::NoHistory(symbol.clone()))?;
    }
    super::check_dates(asked.start_date, asked.end_date)?;
    let mut histories: Vec<History> = Vec::with_capacity(symbols.len());
    for symbol in &symbols {
        let history = use_cases::history::load(&app, symbol).await?.history;
        histories.push(history.between(asked.start_date, asked.end_date).map_err(AppError::from)?);
    }
    let compared = app.limiter.compute(move || compare_prices(&histories, base)).await?;
    let comparison = compared.map_err(|error| Problem::invalid(format!("symbols: {error}")))?;
    Ok(Json(ComparisonView::new(comparison, base)))
}

fn read_symbols(list: &str) -> Result<Vec<Symbol>, Problem> {
    let symbols = list.split(',').map(Symbol::new).collect::<Result<Vec<_>, _>>();
    let symbols = symbols.map_err(|error| Problem::invalid(format!("symbols: {error}")))?;
    if !SYMBOLS.contains(&symbols.len()) {
        let (least, most) = (SYMBOLS.start(), SYMBOLS.end());
        let detail =
            format!("symbols has {} of them, but must have {least} to {most}, with commas between them", symbols.len());
        return Err(Problem::invalid(detail));
    }
    Ok(symbols)
}
