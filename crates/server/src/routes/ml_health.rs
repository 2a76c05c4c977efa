//! The health of the models in service.

use axum::{Json, extract::State};
use closecast_domain::Symbol;
use closecast_store::StoreError;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::state::ServerState;
use crate::{
    extract::{Parameters, SymbolPath},
    model_name::check_model_name,
    problem::{Problem, ProblemBody},
};
use closecast_api::ml_health::{
    DistributionView, DriftReportView, DriftView, HealthView, OverviewEntry, OverviewView, QualityPage, QualityView,
};
use closecast_app::{
    error::AppError,
    model_health::{self, DRIFT_DAYS, RECORD_DAYS},
    state::Subject,
    use_cases::{forecast, history},
};

/// Bounds of what can be asked for.
const MAX_LIMIT: usize = 100;
const MAX_OFFSET: usize = 1_000_000;
const MIN_DRIFT_DAYS: usize = 20;
const MAX_DRIFT_DAYS: usize = 252;
const MAX_RECORD_DAYS: u64 = 1000;

/// Defects that are listed of one symbol, and of each of several.
const DEFECTS_OF_ONE: usize = 200;
const DEFECTS_OF_EACH: usize = 10;

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageAsked {
    /// Most entries; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Entries to leave out at the beginning.
    #[param(minimum = 0, maximum = 1_000_000)]
    offset: Option<usize>,
}

/// Which drift.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DriftAsked {
    /// Only this symbol; all in service when absent.
    #[param(example = "AAPL", max_length = 24, pattern = r"^[\^=_]*[A-Za-z0-9][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")]
    symbol: Option<String>,
    /// Newest sessions to compare with the training part; 60 when absent.
    #[param(minimum = 20, maximum = 252)]
    days: Option<usize>,
    /// Most models; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Models to leave out at the beginning.
    #[param(minimum = 0, maximum = 1_000_000)]
    offset: Option<usize>,
}

/// Which prices.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QualityAsked {
    /// Only this symbol; all stored ones when absent.
    #[param(example = "AAPL", max_length = 24, pattern = r"^[\^=_]*[A-Za-z0-9][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")]
    symbol: Option<String>,
    /// Most symbols; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Symbols to leave out at the beginning.
    #[param(minimum = 0, maximum = 1_000_000)]
    offset: Option<usize>,
}

/// Which settled forecasts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecordAsked {
    /// Most of the newest ones; 250 when absent.
    #[param(minimum = 1, maximum = 1000)]
    days: Option<u64>,
    /// Name of the model; the one that serves the symbol when absent.
    #[param(max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    model: Option<String>,
}

/// Judges the model that serves a symbol: a score from 0 to 100, what it is made of, and what to do. Realised errors always stand
/// beside naive's on the same days; what cannot be judged yet says so and does not count.
#[utoipa::path(get, path = "/api/ml-health/health/{symbol}", tag = "health of models", operation_id = "model_health",
    params(("symbol" = String, Path, description = "Symbol", example = "AAPL", max_length = 24, pattern = r"^[\^=_]*[A-Za-z0-9][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")),
    responses(
        (status = 200, description = "The health", body = HealthView),
        (status = 404, description = "There are no prices of the symbol", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The symbol cannot be one, or its prices are of no use", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn health(
    State(app): State<ServerState>,
    SymbolPath(symbol): SymbolPath,
) -> Result<Json<HealthView>, Problem> {
    Ok(Json(model_health::examine(&app, &Subject { symbol, model: None }).await?.as_ref().into()))
}

/// Compares what the models in service are given now with what they were trained on.
#[utoipa::path(get, path = "/api/ml-health/drift-report", tag = "health of models", operation_id = "drift_report",
    params(DriftAsked),
    responses(
        (status = 200, description = "The drift", body = DriftReportView),
        (status = 404, description = "There are no prices of the symbol", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is wrong, or the history is too short", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn drift_report(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<DriftAsked>,
) -> Result<Json<DriftReportView>, Problem> {
    let days = within("days", asked.days, DRIFT_DAYS, MIN_DRIFT_DAYS..=MAX_DRIFT_DAYS)?;
    let (limit, offset) = page(asked.limit, asked.offset)?;
    if let Some(symbol) = asked.symbol {
        let subject = Subject { symbol: symbol_of(&symbol)?, model: None };
        let report = model_health::drift(&app, &subject, days).await?.into();
        return Ok(Json(DriftReportView::new(days, (1, 0), vec![report])));
    }
    let subjects = model_health::subjects(&app).await?;
    let total = subjects.len();
    let mut reports = Vec::new();
    for subject in subjects.into_iter().skip(offset).take(limit) {
        reports.push(match model_health::drift(&app, &subject, days).await {
            Ok(drift) => drift.into(),
            Err(failure) => DriftView::not_judged(subject, reason_or_problem(failure)?),
        });
    }
    Ok(Json(DriftReportView::new(days, (total, offset), reports)))
}

/// Judges every model in service, in short.
#[utoipa::path(get, path = "/api/ml-health/overview", tag = "health of models", operation_id = "health_overview", params(PageAsked),
    responses(
        (status = 200, description = "The models in service", body = OverviewView),
        (status = 422, description = "A parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn overview(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<PageAsked>,
) -> Result<Json<OverviewView>, Problem> {
    let (limit, offset) = page(asked.limit, asked.offset)?;
    let subjects = model_health::subjects(&app).await?;
    let total = subjects.len();
    let mut models = Vec::new();
    for subject in subjects.into_iter().skip(offset).take(limit) {
        models.push(match model_health::examine(&app, &subject).await {
            Ok(health) => OverviewEntry::judged(&health),
            Err(failure) => OverviewEntry::not_judged(subject, reason_or_problem(failure)?),
        });
    }
    Ok(Json(OverviewView::new(total, offset, models)))
}

/// Tells what is wrong with stored prices.
#[utoipa::path(get, path = "/api/ml-health/data-quality", tag = "health of models", operation_id = "data_quality",
    params(QualityAsked),
    responses(
        (status = 200, description = "The quality", body = QualityPage),
        (status = 404, description = "There are no prices of the symbol", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "A parameter is wrong, or no history can be made of the prices", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn data_quality(
    State(app): State<ServerState>,
    Parameters(asked): Parameters<QualityAsked>,
) -> Result<Json<QualityPage>, Problem> {
    let (limit, offset) = page(asked.limit, asked.offset)?;
    if let Some(symbol) = asked.symbol {
        let loaded = history::load(&app, &symbol_of(&symbol)?).await?;
        let symbols = vec![QualityView::new(&loaded, DEFECTS_OF_ONE)];
        return Ok(Json(QualityPage { total: 1, offset: 0, symbols }));
    }
    let stored = app.store.bars().list().await.map_err(AppError::from)?;
    let total = stored.len();
    let mut symbols = Vec::new();
    for info in stored.into_iter().skip(offset).take(limit) {
        symbols.push(match history::load(&app, &info.symbol).await {
            Ok(loaded) => QualityView::new(&loaded, DEFECTS_OF_EACH),
            Err(failure) => {
                let rows = usize::try_from(info.rows).unwrap_or(usize::MAX);
                QualityView::unusable(info.symbol, rows, reason_or_problem(failure)?)
            }
        });
    }
    Ok(Json(QualityPage { total, offset, symbols }))
}

/// Tells what became of the forecasts of a symbol: errors beside naive's, bias, coverage of the intervals, and where in their
/// distributions the closes fell.
#[utoipa::path(get, path = "/api/ml-health/prediction-distribution/{symbol}", tag = "health of models",
    operation_id = "prediction_distribution",
    params(("symbol" = String, Path, description = "Symbol", example = "AAPL", max_length = 24, pattern = r"^[\^=_]*[A-Za-z0-9][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$"), RecordAsked),
    responses(
        (status = 200, description = "What became of the forecasts", body = DistributionView),
        (status = 404, description = "There are no prices of the symbol, or no such model", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The symbol cannot be one, or a parameter is wrong", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub(crate) async fn prediction_distribution(
    State(app): State<ServerState>,
    SymbolPath(symbol): SymbolPath,
    Parameters(asked): Parameters<RecordAsked>,
) -> Result<Json<DistributionView>, Problem> {
    let days = within("days", asked.days, RECORD_DAYS, 1..=MAX_RECORD_DAYS)?;
    check_model_name("model", asked.model.as_deref())?;
    if app.store.bars().info(&symbol).await.map_err(AppError::from)?.is_none() {
        return Err(AppError::NoHistory(symbol).into());
    }
    let served = forecast::serving(&app, &symbol, asked.model.as_deref()).await?;
    let record = model_health::track_record(&app, &symbol, Some(&served.version.name), days).await?;
    Ok(Json(DistributionView::new(symbol, &served, record.as_ref())))
}

/// Returns what was asked for, or `usual`, if it lies within the bounds.
fn within<T: PartialOrd + std::fmt::Display + Copy>(
    name: &str,
    asked: Option<T>,
    usual: T,
    bounds: std::ops::RangeInclusive<T>,
) -> Result<T, Problem> {
    let value = asked.unwrap_or(usual);
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (bounds.start(), bounds.end());
    Err(Problem::invalid(format!("{name} is {value}, but must be from {least} to {most}")))
}

fn page(limit: Option<usize>, offset: Option<usize>) -> Result<(usize, usize), Problem> {
    Ok((within("limit", limit, 20, 1..=MAX_LIMIT)?, within("offset", offset, 0, 0..=MAX_OFFSET)?))
}

fn symbol_of(text: &str) -> Result<Symbol, Problem> {
    Symbol::new(text).map_err(|error| Problem::invalid(format!("symbol: {error}")))
}

/// Returns why one entry of a list is not there. What concerns the whole list, such as a database that does not answer, is passed on.
fn reason_or_problem(failure: AppError) -> Result<String, Problem> {
    match failure.cause() {
        AppError::NoHistory(_) | AppError::NoModel { .. } | AppError::History(_) | AppError::Forecast(_) => {
            Ok(failure.to_string())
        }
        // Of one model; the others can be judged.
        AppError::Artifact(_) | AppError::Store(StoreError::BlobMissing { .. } | StoreError::BlobDamaged { .. }) => {
            Ok("the artifact of its model is missing or damaged: run `closecast doctor`".to_owned())
        }
        _ => Err(failure.into()),
    }
}
