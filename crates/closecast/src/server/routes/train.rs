//! Training through the API.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use chrono::NaiveDate;
use closecast_domain::Symbol;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    failure::Failure,
    ops::{self, train::model_name},
    server::{
        extract::JsonBody,
        problem::{Problem, ProblemBody},
    },
    toml_file::model_spec::PartialSpec,
    worker::{TrainModel, Work},
};

/// What to train, in the names that older systems use.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TrainRequest)]
pub(in crate::server) struct Request {
    /// Symbol whose history is learnt.
    #[schema(value_type = String, example = "AAPL")]
    symbol: Symbol,
    /// Name of the model; the symbol when absent.
    #[schema(example = "AAPL")]
    model_name: Option<String>,
    /// First day used.
    #[schema(example = "2018-01-01")]
    start_date: Option<NaiveDate>,
    /// Last day used.
    end_date: Option<NaiveDate>,
    #[schema(example = 5)]
    epochs: Option<usize>,
    #[schema(example = 32)]
    batch_size: Option<usize>,
    /// Sessions that are forecast.
    #[serde(alias = "horizon")]
    #[schema(example = 1)]
    prediction_steps: Option<usize>,
    lookback: Option<usize>,
    learning_rate: Option<f64>,
    hidden_size: Option<usize>,
    layers: Option<usize>,
    dropout: Option<f64>,
    seed: Option<u64>,
    /// `base` or `improved`.
    #[schema(value_type = Option<String>, example = "base")]
    arch: Option<closecast_model::Architecture>,
}

/// The job that will train.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::server) struct Accepted {
    job_id: String,
    status: &'static str,
    /// Whether the same training was asked for before and has not ended.
    already_there: bool,
    /// Where to ask how it stands.
    url: String,
}

/// Puts a training into the queue.
#[utoipa::path(post, path = "/train", tag = "training", request_body = Request, responses(
    (status = 202, description = "The job that will train", body = Accepted, headers(("location" = String, description = "Where to ask how it stands"))),
    (status = 400, description = "The body breaks off", body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "There are no prices of the symbol", body = ProblemBody, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = ProblemBody, content_type = "application/problem+json"),
    (status = 415, description = "The body is not JSON", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, description = "A field is wrong", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(in crate::server) async fn train(
    State(app): State<App>,
    JsonBody(request): JsonBody<Request>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Accepted>), Problem> {
    let work = TrainModel {
        symbol: request.symbol,
        model_name: request.model_name,
        start_date: request.start_date,
        end_date: request.end_date,
        spec: PartialSpec {
            arch: request.arch,
            lookback: request.lookback,
            horizon: request.prediction_steps,
            hidden_size: request.hidden_size,
            layers: request.layers,
            dropout: request.dropout,
            epochs: request.epochs,
            batch_size: request.batch_size,
            learning_rate: request.learning_rate,
            seed: request.seed,
            ..PartialSpec::default()
        },
    };
    // What is wrong is told at once and not by a failed job.
    let name = model_name(&work.request()?)?;
    ops::train::refuse_name_of_another(&app, &name, &work.symbol).await?;
    ops::history::load(&app, &work.symbol).await?;
    let job = Work::TrainModel(Box::new(work)).job(None);
    let enqueued = app.store.jobs().enqueue(job, app.clock.now()).await.map_err(Failure::from)?;
    let url = format!("/api/jobs/{}", enqueued.job.id);
    let accepted = Accepted {
        status: enqueued.job.state.name(),
        already_there: enqueued.already_there,
        url: url.clone(),
        job_id: enqueued.job.id,
    };
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, url)], Json(accepted)))
}
