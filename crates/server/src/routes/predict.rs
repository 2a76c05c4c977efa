//! `POST /predict`: a forecast from prices in the request, or from the stored prices of a symbol it names.

mod file;
mod window;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
};

use self::{file::PriceFile, window::Documented};
use crate::state::ServerState;
use crate::{
    examples,
    extract::{essence, is_json, read_limited, refuse_encoded},
    fetch_on_demand::fetch_missing,
    forecast_body::ForecastBody,
    predict_body::{self, PredictBody},
    problem::{Problem, ProblemBody},
    queue::By,
    security::Caller,
};
use closecast_api::predicted::PredictedView;
use closecast_app::use_cases::{
    forecast::{Freshness, forecast},
    forecast_sent::{Sent, forecast_sent},
};

/// How the prices come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    File,
}

/// Forecasts the next sessions from prices that are sent, which are not stored, or from stored ones.
///
/// As JSON: `{"values": [..]}` with closes, oldest first, or with an object a day; the older names `prices`, `data`, `last_60_days`,
/// `historical_prices`, `window` and `input` are taken too, and so is a bare array. Or `{"symbol": "DIS", "model_name": "..",
/// "lookback_days": 60}` for stored prices. As `text/csv`, or as a form with a file: prices in any dialect of CSV that can be
/// imported.
#[utoipa::path(post, path = "/predict", tag = "forecasts",
    request_body(content(
        (Documented = "application/json"),
        (String = "text/csv", example = json!(examples::csv(60))),
        (file::Documented = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The forecast", body = PredictedView),
        (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such model, or there are no prices of the symbol", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is neither JSON nor CSV nor a form with a file", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The prices are wrong or too few; the text names the field and the place", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The prices are not stored, and the price source does not deliver them (with fetch_missing)", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn predict(
    State(app): State<ServerState>,
    by: By,
    request: Request,
) -> Result<Json<PredictedView>, Problem> {
    refuse_encoded(request.headers())?;
    if request.uri().query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::invalid(
            "query: this takes no parameters; a form has fields for symbol and model beside the file",
        ));
    }
    let limits = &app.settings.limits;
    let form = form(request.headers()).ok_or_else(unknown_form)?;
    match form {
        Form::Json => {
            let body = read_limited(request.into_body(), limits.body.bytes()).await?;
            let asked = predict_body::parse(&body).map_err(|error| Problem::invalid(error.to_string()))?;
            answer(&app, by.as_deref(), asked).await
        }
        Form::File => {
            let file = PriceFile::receive(&app, by.as_deref(), request).await?;
            of_prices(&app, file.read(&app).await?).await
        }
    }
}

async fn answer(
    app: &ServerState,
    caller: Option<&Caller>,
    asked: PredictBody,
) -> Result<Json<PredictedView>, Problem> {
    match asked {
        PredictBody::Window(sent) => of_prices(app, window::sent(sent)?).await,
        PredictBody::Stored { symbol, model, lookback_days } => {
            fetch_missing(app, &symbol, caller).await?;
            let answer = Box::pin(forecast(app, &symbol, model.as_deref(), Freshness::Kept)).await?;
            Ok(Json(PredictedView::stored(ForecastBody::of(&answer).view.clone(), lookback_days)))
        }
    }
}

async fn of_prices(app: &ServerState, sent: Sent) -> Result<Json<PredictedView>, Problem> {
    Ok(Json(Box::pin(forecast_sent(app, sent)).await?.into()))
}

/// Returns how the prices come, by the content type.
fn form(headers: &HeaderMap) -> Option<Form> {
    match essence(headers)?.as_str() {
        "text/csv" | "application/csv" | "application/vnd.ms-excel" | "text/plain" | "multipart/form-data" => {
            Some(Form::File)
        }
        text if is_json(text) => Some(Form::Json),
        _ => None,
    }
}

fn unknown_form() -> Problem {
    let detail = "the header Content-Type must say application/json, text/csv or multipart/form-data";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
}
