//! The symbols at hand.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use chrono::NaiveDate;
use closecast_domain::Symbol;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::state::ServerState;
use crate::{extract::Parameters, problem::Problem};
use closecast_app::error::AppError;

/// It takes no parameters, and says so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Every symbol with stored prices.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Symbols {
    symbols: Vec<KnownSymbol>,
}

/// A symbol with stored prices.
#[derive(Debug, Serialize, ToSchema)]
struct KnownSymbol {
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    /// First session stored.
    first_date: NaiveDate,
    /// Last session stored.
    last_date: NaiveDate,
    /// Sessions stored.
    rows: u64,
    /// Whether it has a model of its own.
    has_model: bool,
}

/// Returns every symbol with stored prices.
#[utoipa::path(get, path = "/api/symbols", tag = "stocks", responses((status = 200, description = "The symbols", body = Symbols)))]
pub(crate) async fn list(
    State(app): State<ServerState>,
    Parameters(Nothing {}): Parameters<Nothing>,
) -> Result<Json<Symbols>, Problem> {
    let models = app.store.models().list().await.map_err(AppError::from)?;
    // A model may have the name of a symbol that it was not made for, which it then does not forecast.
    let own = models.into_iter().filter(|version| version.card.symbol().is_none_or(|of| of.as_str() == version.name));
    let trained: BTreeSet<String> = own.map(|version| version.name).collect();
    let series = app.store.bars().list().await.map_err(AppError::from)?;
    let symbols = series.into_iter().map(|info| KnownSymbol {
        has_model: trained.contains(info.symbol.as_str()),
        symbol: info.symbol,
        first_date: info.first_date,
        last_date: info.last_date,
        rows: info.rows,
    });
    Ok(Json(Symbols { symbols: symbols.collect() }))
}
