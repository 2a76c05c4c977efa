//! Stored prices.

use axum::{Json, extract::State};
use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{Bar, Exchange, Symbol};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    ops,
    server::{
        extract::{Parameters, SymbolPath},
        problem::{Problem, ProblemBody},
    },
};

/// Most sessions that can be asked for.
const MAX_DAYS: usize = 100_000;

/// How much of a history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::server) struct Asked {
    /// Newest sessions to return; all when absent.
    #[param(minimum = 1, maximum = 100_000)]
    days: Option<usize>,
}

/// A history as quoted.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Stock {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    currency: Option<String>,
    #[schema(value_type = String)]
    exchange: Exchange,
    source: String,
    stored_at: DateTime<Utc>,
    stale: bool,
    quality_score: f64,
    bars: Vec<StockBar>,
}

/// One session; `adj_close` alone accounts for splits and dividends.
#[derive(Debug, Serialize, ToSchema)]
struct StockBar {
    date: NaiveDate,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    adj_close: f64,
    volume: f64,
}

/// Returns the stored history of a symbol.
#[utoipa::path(get, path = "/api/stocks/{symbol}", tag = "stocks",
    params(("symbol" = String, Path, description = "Symbol", example = "AAPL"), Asked),
    responses(
        (status = 200, description = "The history", body = Stock),
        (status = 404, description = "There are no prices of the symbol", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The symbol cannot be one, or a parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(in crate::server) async fn history(
    State(app): State<App>,
    SymbolPath(symbol): SymbolPath,
    Parameters(parameters): Parameters<Asked>,
) -> Result<Json<Stock>, Problem> {
    let days = parameters.days.unwrap_or(MAX_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Problem::invalid(format!("days is {days}, but must be from 1 to {MAX_DAYS}")));
    }
    let loaded = ops::history::load(&app, &symbol).await?;
    let bars = loaded.history.bars();
    Ok(Json(Stock {
        symbol,
        currency: loaded.history.currency().map(str::to_owned),
        exchange: loaded.history.exchange(),
        source: loaded.series.source,
        stored_at: loaded.stored_at,
        stale: loaded.stale,
        quality_score: loaded.report.score,
        bars: bars[bars.len().saturating_sub(days)..].iter().map(stock_bar).collect(),
    }))
}

fn stock_bar(bar: &Bar) -> StockBar {
    let as_quoted = bar.raw_close / bar.close;
    StockBar {
        date: bar.date,
        open: bar.open * as_quoted,
        high: bar.high * as_quoted,
        low: bar.low * as_quoted,
        close: bar.raw_close,
        adj_close: bar.close,
        volume: bar.volume,
    }
}
