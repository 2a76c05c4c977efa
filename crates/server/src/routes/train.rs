//! Training through the API.

use std::time::Duration;

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::NaiveDate;
use closecast_domain::Symbol;
use closecast_model::SpecError;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::state::ServerState;
use crate::{
    auth::Subject,
    extract::{JsonBody, Parameters},
    fetch_on_demand::fetch_missing,
    model_name::check_model_name,
    problem::{Problem, ProblemBody},
    queue::{self, By},
};
use closecast_api::job::{AcceptedView, JobView};
use closecast_app::{
    error::AppError,
    model_spec::PartialSpec,
    options::TrainingDevice,
    use_cases::{self, serving::BASE, train::TrainRequest},
    worker::{JobPayload, TrainModel},
};

/// Seconds that an answer may wait for the end of a training.
const SECONDS: std::ops::RangeInclusive<u64> = 1..=600;

/// Largest seed that every program reads exactly out of JSON.
const LARGEST_SEED: u64 = 9_007_199_254_740_991;

/// What to train, in the names that older systems use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TrainRequest)]
pub(crate) struct Request {
    /// Symbol whose history is learnt.
    #[schema(value_type = String, example = "AAPL", max_length = 24, pattern = r"^(?=.*[A-Za-z0-9])[A-Za-z0-9^=_][A-Za-z0-9^=_-]*(\.[A-Za-z0-9^=_-]+)*$")]
    symbol: Symbol,
    /// Name of the model; the symbol when absent.
    #[schema(example = "AAPL", max_length = 64, pattern = "^[A-Za-z0-9_^=][A-Za-z0-9._^=-]{0,63}$")]
    model_name: Option<String>,
    /// First day used.
    #[schema(example = "2005-01-03")]
    start_date: Option<NaiveDate>,
    /// Last day used.
    end_date: Option<NaiveDate>,
    /// Most passes over the training windows.
    #[schema(example = 5, minimum = 1, maximum = 10_000)]
    epochs: Option<usize>,
    /// Windows of one step.
    #[schema(example = 32, minimum = 1, maximum = 4096)]
    batch_size: Option<usize>,
    /// Sessions that are forecast.
    #[serde(alias = "horizon")]
    #[schema(example = 1, minimum = 1, maximum = 60)]
    prediction_steps: Option<usize>,
    /// Sessions that the network looks back.
    #[schema(example = 60, minimum = 2, maximum = 1000)]
    lookback: Option<usize>,
    #[schema(example = 0.001, minimum = 0.000_000_001, maximum = 1.0)]
    learning_rate: Option<f64>,
    /// Units of a layer.
    #[schema(example = 50, minimum = 1, maximum = 2048)]
    hidden_size: Option<usize>,
    #[schema(example = 2, minimum = 1, maximum = 8)]
    layers: Option<usize>,
    #[schema(example = 0.2, minimum = 0.0, maximum = 0.9)]
    dropout: Option<f64>,
    #[schema(example = 42, maximum = 9_007_199_254_740_991_i64)]
    seed: Option<u64>,
    /// `base` or `improved`.
    #[schema(value_type = Option<String>, example = "base")]
    arch: Option<closecast_model::Architecture>,
}

/// Whether to wait for the end of the training.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Patience {
    /// Answer when the training has ended.
    wait: Option<bool>,
    /// Seconds after which the answer comes all the same; 60 when absent.
    #[param(minimum = 1, maximum = 600)]
    timeout: Option<u64>,
}

/// Puts a training into the queue. With `wait=true` the answer comes when it has ended, or when the time is over.
#[utoipa::path(post, path = "/train", tag = "training", params(Patience), request_body = Request, responses(
    (status = 200, description = "The job, which has ended: its status says how", body = JobView),
    (status = 202, description = "The job that will train", body = AcceptedView, headers(("location" = String, description = "Where to ask how it stands"))),
    (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "There are no prices of the symbol", body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
    (status = 415, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
    (status = 502, description = "The prices are not stored, and the price source does not deliver them (with fetch_missing)", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn train(
    State(app): State<ServerState>,
    Parameters(patience): Parameters<Patience>,
    by: By,
    JsonBody(request): JsonBody<Request>,
) -> Result<Response, Problem> {
    let limit = patience.limit()?;
    let work = request.work()?;
    // What is wrong is told at once and not by a failed job.
    let checked = work.request().map_err(in_fields)?;
    expect_memory_here(&app, &checked)?;
    fetch_missing(&app, &work.symbol, by.as_deref()).await?;
    if app.store.bars().info(&work.symbol).await.map_err(AppError::from)?.is_none() {
        return Err(AppError::NoHistory(work.symbol).into());
    }
    let name = work.model_name.clone().unwrap_or_else(|| work.symbol.to_string());
    use_cases::train::refuse_name_of_another(&app, &name, &work.symbol).await.map_err(in_fields)?;
    let enqueued = queue::enqueue(&app, &JobPayload::TrainModel(Box::new(work)), by).await?;
    let Some(limit) = limit else { return Ok(queue::accepted(enqueued)) };
    let already_there = enqueued.already_there;
    let job = queue::wait_for_end(&app, enqueued.job, limit).await?;
    if job.state.has_ended() {
        let subject = Subject(format!("job {}", job.id));
        return Ok((StatusCode::OK, Extension(subject), Json(JobView::from(job))).into_response());
    }
    Ok(queue::accepted(closecast_store::Enqueued { job, already_there }))
}

impl Patience {
    /// Returns how long to wait; `None` when nobody asked for that.
    fn limit(&self) -> Result<Option<Duration>, Problem> {
        let seconds = self.timeout.unwrap_or(60);
        if !SECONDS.contains(&seconds) {
            let (least, most) = (SECONDS.start(), SECONDS.end());
            return Err(Problem::invalid(format!("timeout is {seconds}, but must be from {least} to {most} seconds")));
        }
        Ok(self.wait.filter(|&wait| wait).map(|_| Duration::from_secs(seconds)))
    }
}

impl Request {
    /// Returns what is to be trained, once what only this interface knows of is right.
    fn work(self) -> Result<TrainModel, Problem> {
        if let (Some(start), Some(end)) = (self.start_date, self.end_date)
            && start >= end
        {
            return Err(Problem::invalid(format!("start_date {start} is not before end_date {end}")));
        }
        if self.model_name.as_deref() == Some(BASE) {
            let detail = "model_name: BASE is the model of all symbols: choose another, or train that one again with POST /api/models/BASE/retrain";
            return Err(Problem::invalid(detail));
        }
        check_model_name("model_name", self.model_name.as_deref())?;
        if let Some(seed) = self.seed.filter(|&seed| seed > LARGEST_SEED) {
            return Err(Problem::invalid(format!("seed is {seed}, but must be from 0 to {LARGEST_SEED}")));
        }
        Ok(TrainModel {
            symbol: self.symbol,
            model_name: self.model_name,
            start_date: self.start_date,
            end_date: self.end_date,
            spec: PartialSpec {
                arch: self.arch,
                lookback: self.lookback,
                horizon: self.prediction_steps,
                hidden_size: self.hidden_size,
                layers: self.layers,
                dropout: self.dropout,
                epochs: self.epochs,
                batch_size: self.batch_size,
                learning_rate: self.learning_rate,
                seed: self.seed,
                ..PartialSpec::default()
            },
        })
    }
}

/// Refuses a training that takes more memory than this process has for it, where it is this process that would train, and on the CPU.
/// Another worker, or an accelerator, has memory of its own: a training that does not fit there ends as a failed job that says so.
fn expect_memory_here(app: &ServerState, request: &TrainRequest) -> Result<(), Problem> {
    if app.works_on_jobs && app.options.device == TrainingDevice::Cpu {
        request.spec.check_memory(1).map_err(|error| Problem::from(AppError::Spec(error)))?;
    }
    Ok(())
}

/// Tells what is wrong by the name of the field.
fn in_fields(failure: AppError) -> Problem {
    match failure {
        AppError::Spec(SpecError { field: "horizon", value, allowed }) => {
            Problem::invalid(format!("prediction_steps is {value}, but must be {allowed}"))
        }
        AppError::Usage(text) => Problem::invalid(format!("model_name: {text}")),
        failure => failure.into(),
    }
}
