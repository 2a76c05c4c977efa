//! Stored prices.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{Bar, Exchange, Symbol};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    ops,
    server::{problem::Problem, routes::SymbolPath},
};

/// Most sessions that can be asked for.
const MAX_DAYS: usize = 100_000;

#[derive(Debug, Deserialize)]
pub(in crate::server) struct Parameters {
    /// Newest sessions to return; all when absent.
    days: Option<usize>,
}

/// A history as quoted.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Stock {
    symbol: Symbol,
    currency: Option<String>,
    exchange: Exchange,
    source: String,
    stored_at: DateTime<Utc>,
    stale: bool,
    quality_score: f64,
    bars: Vec<StockBar>,
}

/// One session; `adj_close` alone accounts for splits and dividends.
#[derive(Debug, Serialize)]
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
pub(in crate::server) async fn history(
    State(app): State<App>,
    SymbolPath(symbol): SymbolPath,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Json<Stock>, Problem> {
    let Query(parameters) = parameters.map_err(|error| Problem::invalid(format!("days: {}", error.body_text())))?;
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
