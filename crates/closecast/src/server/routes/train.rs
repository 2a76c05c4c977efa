//! Training through the API.

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderName, StatusCode, header},
};
use chrono::NaiveDate;
use closecast_domain::Symbol;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    failure::Failure,
    ops::{self, train::model_name},
    server::problem::Problem,
    toml_file::model_spec::PartialSpec,
    worker::{TrainModel, Work},
};

/// What to train, in the names that older systems use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::server) struct Request {
    symbol: Symbol,
    model_name: Option<String>,
    start_date: Option<NaiveDate>,
    end_date: Option<NaiveDate>,
    epochs: Option<usize>,
    batch_size: Option<usize>,
    #[serde(alias = "horizon")]
    prediction_steps: Option<usize>,
    lookback: Option<usize>,
    learning_rate: Option<f64>,
    hidden_size: Option<usize>,
    layers: Option<usize>,
    dropout: Option<f64>,
    seed: Option<u64>,
    arch: Option<closecast_model::Architecture>,
}

/// The job that will train.
#[derive(Debug, Serialize)]
pub(in crate::server) struct Accepted {
    job_id: String,
    status: &'static str,
    /// Whether the same training was asked for before and has not ended.
    already_there: bool,
    /// Where to ask how it stands.
    url: String,
}

/// Puts a training into the queue.
pub(in crate::server) async fn train(
    State(app): State<App>,
    request: Result<Json<Request>, JsonRejection>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Accepted>), Problem> {
    let Json(request) = request.map_err(|error| match error.status() {
        // Too large, or not JSON at all: what is wrong is not a field.
        status @ (StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE) => {
            Problem::new(status, error.body_text())
        }
        _ => Problem::invalid(error.body_text()),
    })?;
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
