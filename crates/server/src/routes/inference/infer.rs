//! Inference: tensors in, tensors out.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use chrono::NaiveDate;
use closecast_domain::{PriceBasis, RawBar, RawSeries, Symbol};
use serde_json::{Map, json};

use super::{
    Asked, Refusal,
    documented::{InferenceAnswer, InferenceRequest},
    model,
};
use crate::state::ServerState;
use crate::{
    auth,
    extract::read_limited,
    oip::{
        batch::{Day, windows},
        request::{self, InferRequest},
        response::{Answering, Output, encode},
    },
    queue::By,
};
use closecast_api::inference::InferenceErrorView;
use closecast_app::{
    error::AppError,
    state::LoadedModel,
    use_cases::forecast_sent::{Sent, SentForecast, forecast_with, placeholder_symbol},
};

/// Windows that count as one more request of the caller's allowance.
const WINDOWS_PER_UNIT: usize = 32;

/// Bytes of the header of JSON before binary tensors, of requests and answers.
const HEADER_LENGTH: HeaderName = HeaderName::from_static("inference-header-content-length");

/// Forecasts from windows of prices. Of the tensors, `point` is `[batch, session]`, `quantiles` is `[batch, session, level]`, and
/// `levels` says which. Tensors may be binary, and the body compressed with gzip or deflate.
#[utoipa::path(post, path = "/v2/models/{name}/infer", tag = "inference protocol",
    params(("name" = String, Path, description = "Name of the model", example = "BASE")),
    request_body(content((InferenceRequest = "application/json"), (Vec<u8> = "application/octet-stream"))),
    responses(
        (status = 200, description = "The forecasts", content((InferenceAnswer = "application/json"), (Vec<u8> = "application/octet-stream")),
            headers(("inference-header-content-length" = String, description = "Bytes of JSON before binary tensors"))),
        (status = 400, description = "The request is wrong; the text names the tensor", body = InferenceErrorView),
        (status = 404, description = "There is no such model", body = InferenceErrorView),
        (status = 413, description = "The body is too large", body = InferenceErrorView),
        (status = 415, description = "The body is compressed in a way that is not known", body = InferenceErrorView),
    ))]
pub(crate) async fn infer(
    State(app): State<ServerState>,
    path: Asked,
    by: By,
    request: Request,
) -> Result<Response, Refusal> {
    let served = model(&app, path).await?;
    let (parts, body) = request.into_parts();
    let body = plain(&app, &parts.headers, body).await?;
    let header_length = match parts.headers.get(&HEADER_LENGTH) {
        // What is no text is no number either.
        Some(value) => Some(value.to_str().unwrap_or("?")),
        None => None,
    };
    let request = request::parse(header_length, &body)?;
    let asked = Prices::of(&request)?;
    let mut made = Vec::new();
    let windows = windows(&request)?;
    auth::charge(&app, by.as_deref(), windows.len() / WINDOWS_PER_UNIT)?;
    for window in windows {
        made.push(Box::pin(forecast_with(&app, &served, asked.window(&window)?)).await?);
    }
    answer(&request, &served, &made)
}

/// Forecasts from windows of prices with a version of a model.
#[utoipa::path(post, path = "/v2/models/{name}/versions/{version}/infer", tag = "inference protocol",
    params(("name" = String, Path, description = "Name of the model", example = "BASE"), ("version" = String, Path, description = "Its version", example = "0")),
    request_body(content((InferenceRequest = "application/json"), (Vec<u8> = "application/octet-stream"))),
    responses(
        (status = 200, description = "The forecasts", content((InferenceAnswer = "application/json"), (Vec<u8> = "application/octet-stream")),
            headers(("inference-header-content-length" = String, description = "Bytes of JSON before binary tensors"))),
        (status = 400, description = "The request is wrong; the text names the tensor", body = InferenceErrorView),
        (status = 404, description = "There is no such version", body = InferenceErrorView),
        (status = 413, description = "The body is too large", body = InferenceErrorView),
        (status = 415, description = "The body is compressed in a way that is not known", body = InferenceErrorView),
    ))]
pub(crate) async fn infer_version(
    state: State<ServerState>,
    path: Asked,
    by: By,
    request: Request,
) -> Result<Response, Refusal> {
    infer(state, path, by, request).await
}

/// Returns the body as it was before it was compressed.
async fn plain(app: &ServerState, headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let limit = app.settings.limits.body.bytes();
    let body = read_limited(body, limit).await?;
    match headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"" | b"identity") => Ok(body),
        Some(b"gzip") => inflate(flate2::read::MultiGzDecoder::new(&body[..]), limit),
        Some(b"deflate") => inflate(flate2::read::ZlibDecoder::new(&body[..]), limit),
        Some(_) => {
            let detail = "the header Content-Encoding must be gzip, deflate or absent";
            Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
        }
    }
}

/// Some bytes can stand for very many: no more than `limit` are made of them.
fn inflate(compressed: impl std::io::Read, limit: u64) -> Result<Bytes, Refusal> {
    use std::io::Read as _;
    let mut body = Vec::new();
    let read = compressed.take(limit.saturating_add(1)).read_to_end(&mut body);
    read.map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, format!("the body cannot be decompressed: {error}")))?;
    if body.len() as u64 > limit {
        let detail = format!("the body is larger than {limit} bytes when it is decompressed");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    Ok(body.into())
}

/// Whose prices they are, and of when.
struct Prices {
    symbol: Option<Symbol>,
    as_of: Option<NaiveDate>,
}

impl Prices {
    fn of(request: &InferRequest) -> Result<Self, Refusal> {
        let wrong = |detail: String| Refusal::new(StatusCode::BAD_REQUEST, detail);
        let symbol = request.symbol.as_deref().map(Symbol::new).transpose();
        let as_of = request.as_of.as_deref().map(str::parse::<NaiveDate>).transpose();
        Ok(Self {
            symbol: symbol.map_err(|error| wrong(format!("parameter symbol: {error}")))?,
            as_of: as_of.map_err(|_| wrong("parameter as_of: is no date; write YYYY-MM-DD".to_owned()))?,
        })
    }

    fn window(&self, days: &[Day]) -> Result<Sent, AppError> {
        let placeholder = || Ok::<_, AppError>(placeholder_symbol()?);
        let series = RawSeries {
            symbol: self.symbol.clone().map_or_else(placeholder, Ok)?,
            basis: PriceBasis::SplitAdjusted,
            currency: None,
            source: "request".to_owned(),
            bars: days.iter().map(bar).collect(),
        };
        let (symbol, place, as_of) = (self.symbol.clone(), "input \"close\"".to_owned(), self.as_of);
        Ok(Sent { symbol, model: None, place, series, dated: false, as_of, look_up: false })
    }
}

/// It is dated later.
fn bar(day: &Day) -> RawBar {
    let [open, high, low] = day.range.map_or([None; 3], |prices| prices.map(Some));
    RawBar { open, high, low, close: Some(day.close), volume: day.volume, ..RawBar::empty(NaiveDate::default()) }
}

fn answer(request: &InferRequest, served: &Arc<LoadedModel>, made: &[SentForecast]) -> Result<Response, Refusal> {
    let Some(first) = made.first() else {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "input \"close\": has no window"));
    };
    let mut parameters = Map::new();
    if let Some(symbol) = &first.symbol {
        parameters.insert("symbol".to_owned(), json!(symbol));
    }
    let dates: Vec<String> = first.forecast.sessions.iter().map(|session| session.date.to_string()).collect();
    parameters.insert("as_of".to_owned(), json!(first.forecast.as_of));
    parameters.insert("dates".to_owned(), json!(dates.join(",")));
    parameters.insert("notes".to_owned(), json!(first.notes.join(" ")));
    let answering = Answering { model: &served.version.name, version: served.version.version };
    let encoded = encode(request, answering, &parameters, &outputs(made))?;
    let content_type = if encoded.header_length.is_some() { "application/octet-stream" } else { "application/json" };
    let mut response = ([(header::CONTENT_TYPE, content_type)], encoded.body).into_response();
    if let Some(length) = encoded.header_length {
        response.headers_mut().insert(HEADER_LENGTH, HeaderValue::from(length));
    }
    Ok(response)
}

/// Returns the tensors of forecasts by one model; without quantiles where the prices do not tell them.
fn outputs(made: &[SentForecast]) -> Vec<Output> {
    let sessions = || made.iter().flat_map(|made| &made.forecast.sessions);
    let (batch, horizon) = (made.len(), made.first().map_or(0, |made| made.forecast.sessions.len()));
    let point = sessions().map(|session| session.point).collect();
    let mut outputs = vec![Output { name: "point", shape: vec![batch, horizon], values: point }];
    let levels: Vec<f64> = sessions().next().into_iter().flat_map(|s| s.quantiles.iter().map(|q| q.level)).collect();
    let quantiles: Vec<f64> = sessions().flat_map(|session| session.quantiles.iter().map(|q| q.price)).collect();
    if !levels.is_empty() && quantiles.len() == batch * horizon * levels.len() {
        outputs.push(Output { name: "quantiles", shape: vec![batch, horizon, levels.len()], values: quantiles });
        outputs.push(Output { name: "levels", shape: vec![levels.len()], values: levels });
    }
    outputs
}
