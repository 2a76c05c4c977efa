//! Companies that many look for.

use axum::{Json, extract::State};
use closecast_domain::popular;
use closecast_store::Alias;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::state::ServerState;
use closecast_api::stock::PopularView;
use closecast_app::{error::AppError, use_cases};

/// Companies that many look for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PopularStocks)]
pub(crate) struct Listed {
    /// Those of the United States first, then the ten largest of B3.
    stocks: Vec<PopularView>,
}

/// Lists companies that many look for, with their last close where prices are stored.
#[utoipa::path(get, path = "/api/stocks/popular/list", tag = "stocks", responses((status = 200, description = "The companies", body = Listed)))]
pub(crate) async fn list(State(app): State<ServerState>) -> Result<Json<Listed>, Problem> {
    let mut stocks: Vec<PopularView> = popular().filter_map(PopularView::new).collect();
    let names: Vec<&str> = stocks.iter().map(|stock| stock.symbol.as_str()).collect();
    let roles = app.store.models().aliases_of(&names).await.map_err(AppError::from)?;
    for stock in &mut stocks {
        stock.has_model = roles.contains_key(&(stock.symbol.to_string(), Alias::Champion));
        let quote = use_cases::history::quote(&app, &stock.symbol).await?;
        stock.has_prices = quote.is_some();
        stock.current_price = quote.map(Into::into);
    }
    Ok(Json(Listed { stocks }))
}
