//! The companies of B3 by name.

use axum::{
    Form, Json, RequestExt as _,
    extract::{FromRequest as _, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use closecast_domain::{B3_COMPANIES, B3Company};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::state::ServerState;
use crate::{
    extract::{JsonBody, Parameters, essence},
    forecast_body::ForecastBody,
    model_name::check_model_name,
    problem::{Problem, ProblemBody},
};
use closecast_api::{b3::B3CompaniesView, predicted::PredictedView};
use closecast_app::{
    error::AppError,
    use_cases::forecast_b3::{B3Forecast, forecast_b3},
};

/// Which company.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Name or symbol of one of the ten companies; without it they are listed.
    #[param(example = "Petrobras", max_length = 64)]
    company: Option<String>,
    /// Model to use; the one named like the symbol, or BASE, when absent.
    #[param(max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    model: Option<String>,
}

/// Which company.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = B3Request, example = json!({ "company": "Petrobras" }))]
pub(crate) struct CompanyRequest {
    /// Name or symbol of one of the ten companies.
    #[schema(example = "Petrobras", max_length = 64)]
    company: String,
    /// Model to use; the one named like the symbol, or BASE, when absent.
    #[schema(max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    model: Option<String>,
}

/// The forecast, or the companies to choose from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = B3Answer)]
pub(crate) enum Answer {
    /// A company was named.
    Forecast(Box<PredictedView>),
    /// None was.
    Companies(B3CompaniesView),
}

/// Lists the ten largest companies of B3, which can be chosen by name.
#[utoipa::path(get, path = "/api/b3/companies", tag = "stocks", responses((status = 200, description = "The companies, by name", body = B3CompaniesView)))]
pub(crate) async fn companies() -> Json<B3CompaniesView> {
    std::future::ready(Json(B3CompaniesView::all())).await
}

/// Forecasts the share of a company of B3, or lists the companies when none is named. Prices that are not stored are fetched for it.
#[utoipa::path(get, path = "/predict_b3", tag = "forecasts", params(Asked), responses(
    (status = 200, description = "The forecast, or the companies", body = Answer),
    (status = 404, description = "There is no such model", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "It is none of the ten companies; the text names them", body = ProblemBody, content_type = "application/problem+json"),
    (status = 502, description = "The prices are not stored, and the price source does not deliver them", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn show(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<Asked>,
) -> Result<Json<Answer>, Problem> {
    check_model_name("model", asked.model.as_deref())?;
    match asked.company {
        None => Ok(Json(Answer::Companies(B3CompaniesView::all()))),
        Some(company) => {
            let view = forecast(&app, &company, asked.model.as_deref()).await?;
            Ok(Json(Answer::Forecast(Box::new(view))))
        }
    }
}

/// Forecasts the share of a company of B3. Prices that are not stored are fetched for it.
#[utoipa::path(post, path = "/predict_b3", tag = "forecasts",
    request_body(content((CompanyRequest = "application/json"), (CompanyRequest = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The forecast", body = PredictedView),
        (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such model", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is neither JSON nor a form", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "It is none of the ten companies; the text names them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "The prices are not stored, and the price source does not deliver them", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn ask(State(app): State<ServerState>, request: Request) -> Result<Response, Problem> {
    let asked = if essence(request.headers()).as_deref() == Some("application/x-www-form-urlencoded") {
        let Form(asked) = request.extract::<Form<CompanyRequest>, _>().await.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the form is too large"),
            _ => Problem::invalid(format!("body: {}", error.body_text())),
        })?;
        asked
    } else {
        JsonBody::<CompanyRequest>::from_request(request, &app).await?.0
    };
    check_model_name("model", asked.model.as_deref())?;
    let view = forecast(&app, &asked.company, asked.model.as_deref()).await?;
    Ok(Json(view).into_response())
}

async fn forecast(app: &ServerState, company: &str, model: Option<&str>) -> Result<PredictedView, Problem> {
    let company = B3Company::named(company).ok_or_else(|| {
        let names: Vec<&str> = B3_COMPANIES.iter().map(|company| company.name).collect();
        Problem::invalid(format!("company: is none of the ten that can be chosen: {}", names.join(", ")))
    })?;
    let symbol = company.symbol().map_err(AppError::from)?;
    Ok(match Box::pin(forecast_b3(app, &symbol, model)).await? {
        B3Forecast::Stored(answer) => PredictedView::stored(ForecastBody::of(&answer).view.clone(), None),
        B3Forecast::Fetched(made) => made.into(),
    })
}
