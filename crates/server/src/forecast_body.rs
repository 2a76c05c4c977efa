//! Forecasts as bodies of responses, made once and kept as long as the forecast is.

use std::{
    hash::{DefaultHasher, Hasher as _},
    sync::Arc,
};

use bytes::Bytes;
use closecast_api::forecast::ForecastView;
use closecast_app::state::CachedForecast;

/// A forecast as the body of a response.
pub(crate) struct ForecastBody {
    pub(crate) view: ForecastView,
    /// The view as JSON.
    pub(crate) json: Bytes,
    /// Names the text of the body: another text has another name.
    pub(crate) etag: String,
}

impl ForecastBody {
    /// Returns the body of a response with `answer`.
    pub(crate) fn of(answer: &CachedForecast) -> Arc<Self> {
        answer.representation(Self::new)
    }

    fn new(answer: &CachedForecast) -> Self {
        let view = ForecastView::new(answer);
        // A view has text as keys and finite numbers: it can be written.
        let json = serde_json::to_vec(&view).unwrap_or_default();
        // Of the same text on every server: the keys of this hasher are fixed.
        let mut hasher = DefaultHasher::new();
        hasher.write(&json);
        let etag = format!("\"{:016x}\"", hasher.finish());
        Self { view, json: Bytes::from(json), etag }
    }
}
