//! The web pages: HTML rendered by askama, and the scripts, styles and charts they load.
//!
//! A page knows the JSON interface alone: it is served without data, in the reader's language, and its scripts read
//! `api/…`. Every address in it is relative, so that it works under a path of a reverse proxy too. Nothing is loaded
//! from another host: Plotly comes with the program.

mod assets;
mod description;
mod forecast_page;
mod language;
mod messages;
mod precompressed;

use axum::{Router, routing::get};

pub(crate) use self::precompressed::{Precompressed, SharedBody, accepts_gzip};

/// What the browser may load: this host's files alone, no inline script and no `eval`.
///
/// Plotly writes style elements (hence `unsafe-inline` for styles) and makes images of charts from `data:` and
/// `blob:` addresses; its scripts need nothing beyond `'self'`.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Returns the routes of the pages, to be merged at the root.
pub(crate) fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route("/", get(forecast_page::show))
        .route("/docs", get(description::swagger))
        .route("/redoc", get(description::redoc))
        .route("/static/{file}", get(assets::serve))
}
