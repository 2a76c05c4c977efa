//! `GET /docs` and `GET /redoc`: the description of the interface, to read and to try.

use askama::Template;
use axum::{
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
    },
    response::{Html, IntoResponse, Response},
};

use super::assets;

/// ReDoc searches in a worker that it makes of its own script, and both write style elements.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "description.html")]
struct DescriptionPage {
    title: &'static str,
    /// Names of static files.
    styles: &'static [&'static str],
    scripts: &'static [&'static str],
}

impl DescriptionPage {
    fn address(name: &str) -> String {
        assets::address(name)
    }
}

/// `GET /docs`: Swagger UI.
pub(super) async fn swagger() -> Response {
    std::future::ready(answer(&DescriptionPage {
        title: "closecast: the interface",
        styles: &["swagger-ui.css"],
        scripts: &["swagger-ui-bundle.js", "swagger.js"],
    }))
    .await
}

/// `GET /redoc`: ReDoc.
pub(super) async fn redoc() -> Response {
    std::future::ready(answer(&DescriptionPage {
        title: "closecast: the interface, to read",
        styles: &[],
        scripts: &["redoc.standalone.js", "redoc.js"],
    }))
    .await
}

fn answer(page: &DescriptionPage) -> Response {
    match page.render() {
        Ok(html) => ([(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-cache")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
