//! Files of prices that clients send.

use std::path::Path;

use axum::{
    Json,
    extract::{Request, State},
};
use closecast_data::{
    csv,
    import::{ImportError, ImportOptions, Limits, symbol_from_file_name},
};
use closecast_domain::Symbol;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::state::ServerState;
use crate::{
    examples,
    extract::{Parameters, SymbolPath},
    problem::{Problem, ProblemBody},
    queue::By,
    receive::{FormContent, receive},
    security::Caller,
};
use closecast_api::import::ImportView;
use closecast_app::{
    error::AppError,
    use_cases::import::{StoredDays, import_sent},
};

/// How to read the file, and what becomes of stored days that it does not cover.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Discard stored days that the file does not cover; without it such a file is refused.
    replace: Option<bool>,
    /// Order of day and month in dates such as 03/04/2020, for a file that does not give it away.
    #[param(inline)]
    date_order: Option<DateOrder>,
}

/// The same, and of which symbol the prices are.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AskedWithSymbol {
    /// Symbol of the prices; of a file of several symbols, the one to take. What the file or its name says when absent.
    #[param(value_type = Option<String>, example = "AAPL", max_length = 24, pattern = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")]
    symbol: Option<Symbol>,
    /// Discard stored days that the file does not cover; without it such a file is refused.
    replace: Option<bool>,
    /// Order of day and month in dates such as 03/04/2020, for a file that does not give it away.
    #[param(inline)]
    date_order: Option<DateOrder>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum DateOrder {
    DayFirst,
    MonthFirst,
}

/// A form with a file of prices.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PriceFile)]
#[expect(dead_code, reason = "describes the form, which is read piece by piece")]
struct Form {
    /// CSV in any common layout, or B3 COTAHIST.
    #[schema(value_type = String, format = Binary, content_media_type = "text/csv")]
    file: Vec<u8>,
}

/// Takes a file of prices of a symbol: CSV in any common layout, or B3 COTAHIST.
#[utoipa::path(post, path = "/api/stocks/{symbol}/upload", tag = "stocks",
    params(
        ("symbol" = String, Path, description = "Symbol", example = "AAPL", max_length = 24, pattern = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$"),
        Asked,
    ),
    request_body(description = "The file", content((Form = "multipart/form-data"), (String = "text/csv", example = json!(examples::csv(60))))),
    responses(
        (status = 200, description = "What the file brought, and what was done about each defect", body = ImportView),
        (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Days that are stored would be lost", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The file is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is no file", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The file holds no prices that can be used, or a parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn of_symbol(
    State(app): State<ServerState>,
    SymbolPath(symbol): SymbolPath,
    Parameters(Asked { replace, date_order }): Parameters<Asked>,
    by: By,
    request: Request,
) -> Result<Json<ImportView>, Problem> {
    upload(&app, by.as_deref(), AskedWithSymbol { symbol: Some(symbol), replace, date_order }, request).await
}

/// Takes a file of prices that says itself of which symbols they are, unless `symbol` does.
#[utoipa::path(post, path = "/api/stocks/upload", tag = "stocks", params(AskedWithSymbol),
    request_body(description = "The file", content((Form = "multipart/form-data"), (String = "text/csv", example = json!(examples::csv(60))))),
    responses(
        (status = 200, description = "What the file brought, and what was done about each defect", body = ImportView),
        (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Days that are stored would be lost", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The file is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is no file", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The file holds no prices that can be used, or a parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn any(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<AskedWithSymbol>,
    by: By,
    request: Request,
) -> Result<Json<ImportView>, Problem> {
    upload(&app, by.as_deref(), asked, request).await
}

async fn upload(
    app: &ServerState,
    caller: Option<&Caller>,
    asked: AskedWithSymbol,
    request: Request,
) -> Result<Json<ImportView>, Problem> {
    let received = receive(app, caller, request, FormContent::File).await?;
    // After the last byte: a slow sender does not block other clients.
    let busy = |_| Problem::busy("several files are being imported: send this one in a moment");
    let place = app.admission.uploads.enter().await.map_err(busy)?;
    let most_bytes = app.settings.limits.upload.bytes();
    let options = ImportOptions {
        symbol: asked.symbol,
        fallback_symbol: received.name.as_deref().and_then(|name| symbol_from_file_name(Path::new(name))),
        date_order: asked.date_order.map(|order| match order {
            DateOrder::DayFirst => csv::DateOrder::DayFirst,
            DateOrder::MonthFirst => csv::DateOrder::MonthFirst,
        }),
        limits: Limits { csv_bytes: most_bytes, cotahist_bytes: most_bytes, ..Limits::default() },
        ..ImportOptions::default()
    };
    let days = if asked.replace == Some(true) { StoredDays::Discard } else { StoredDays::Keep };
    let imported = import_sent(app, received.file, place, options, days).await.map_err(refused)?;
    Ok(Json(ImportView::from(&imported)))
}

/// Tells what is wrong in the words of this interface.
fn refused(failure: AppError) -> Problem {
    match failure {
        AppError::Stream(ImportError::NoSymbol) => Problem::invalid(
            "the file does not say of which symbol it is: name it after the ? of the address, such as ?symbol=AAPL",
        ),
        AppError::Stream(error @ ImportError::AmbiguousDates { .. }) => {
            Problem::invalid(format!("{error}: such as ?date_order=day-first"))
        }
        AppError::Shorter { symbol, offered, stored } => Problem::new(
            axum::http::StatusCode::CONFLICT,
            format!(
                "{symbol} is stored from {} to {}, and this file covers {} to {} only: nothing was imported. Send it with ?replace=true to discard what is stored",
                stored.0, stored.1, offered.0, offered.1
            ),
        ),
        failure => failure.into(),
    }
}
