//! Static files of the pages, compressed into the program by `build.rs`.

use std::sync::OnceLock;

use axum::{
    extract::{Path, RawQuery},
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
    },
    response::{IntoResponse, Response},
};

use super::precompressed::{Precompressed, accepts_gzip};

/// A static file of the program.
pub(super) struct Asset {
    name: &'static str,
    /// Fingerprint of the content.
    version: &'static str,
    gzip: &'static [u8],
    /// The same, ready to be sent.
    body: OnceLock<Precompressed>,
}

impl Asset {
    const fn new(name: &'static str, version: &'static str, gzip: &'static [u8]) -> Self {
        Self { name, version, gzip, body: OnceLock::new() }
    }

    fn body(&self) -> &Precompressed {
        self.body.get_or_init(|| Precompressed::of_gzip(self.gzip))
    }
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Addresses that carry the content's version never change their meaning; the others are asked for again.
const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Returns the address of a static file relative to the page, with its version, for example `static/app.css?v=1a2b…`.
pub(super) fn address(name: &str) -> String {
    let version = find(name).map_or("", |asset| asset.version);
    format!("static/{name}?v={version}")
}

/// `GET /static/{file}`: the file, compressed where the client takes gzip.
pub(super) async fn serve(Path(file): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let Some((asset, content_type)) = find(&file).and_then(|asset| Some((asset, content_type(&file)?))) else {
        return (StatusCode::NOT_FOUND, "no such file").into_response();
    };
    let gzip = accepts_gzip(&headers);
    let etag = if gzip { format!("\"{}-gzip\"", asset.version) } else { format!("\"{}\"", asset.version) };
    let versioned = query.as_deref().and_then(|query| query.strip_prefix("v=")) == Some(asset.version);
    let cache = if versioned { FOREVER } else { ASK_AGAIN };
    let shared = [(ETAG, etag.as_str()), (CACHE_CONTROL, cache), (VARY, "accept-encoding")];
    if has_already(&headers, &etag) {
        return (StatusCode::NOT_MODIFIED, shared).into_response();
    }
    let sniffing = [(CONTENT_TYPE, content_type), (HeaderName::from_static("x-content-type-options"), "nosniff")];
    match asset.body().response(gzip) {
        Some(response) => (shared, sniffing, response).into_response(),
        None => {
            tracing::error!(file, "a static file of the program could not be decompressed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// Returns whether `If-None-Match` names this version, in the weak comparison that the header asks for.
fn has_already(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == etag || tag == "*")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
    use bytes::Bytes;
    use flate2::read::GzDecoder;

    use super::*;

    fn request(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    async fn get(file: &str, query: Option<String>, pairs: &[(HeaderName, &str)]) -> (StatusCode, HeaderMap, Bytes) {
        let response = serve(Path(file.to_owned()), RawQuery(query), request(pairs)).await;
        let (head, body) = response.into_parts();
        (head.status, head.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap())
    }

    #[test]
    fn every_asset_has_a_content_type_and_a_version_of_its_own() {
        assert!(ASSETS.iter().any(|asset| asset.name == "plotly.min.js"));
        for asset in &ASSETS {
            assert!(content_type(asset.name).is_some(), "{} has no content type", asset.name);
            let same = ASSETS.iter().filter(|other| other.version == asset.version).count();
            assert_eq!(same, 1, "{} shares its version", asset.name);
        }
    }

    #[tokio::test]
    async fn gives_the_same_bytes_compressed_and_not() {
        let (status, plain_headers, plain) = get("app.css", None, &[]).await;
        assert_eq!((status, plain_headers.get(CONTENT_ENCODING)), (StatusCode::OK, None));
        let (_, headers, compressed) = get("app.css", None, &[(ACCEPT_ENCODING, "br, gzip;q=0.8")]).await;
        assert_eq!(headers[CONTENT_ENCODING], "gzip");
        let mut content = Vec::new();
        GzDecoder::new(&compressed[..]).read_to_end(&mut content).unwrap();
        assert_eq!(content, plain);
        assert_ne!(headers[ETAG], plain_headers[ETAG], "a strong tag names one representation");
    }

    #[tokio::test]
    async fn plotly_comes_without_mathjax() {
        let (_, _, content) = get("plotly.min.js", None, &[]).await;
        let text = String::from_utf8(content.to_vec()).unwrap();
        assert!(text.starts_with("/**\n* plotly.js v") && text.ends_with("}));"));
        assert!(!text.contains("<script") && !text.contains("__webpack_modules__"));
    }

    #[tokio::test]
    async fn answers_not_modified_to_its_own_tag() {
        let (_, headers, _) = get("app.js", None, &[]).await;
        let tag = headers[ETAG].to_str().unwrap();
        let (status, _, body) = get("app.js", None, &[(IF_NONE_MATCH, &format!("\"old\", W/{tag}"))]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(get("app.js", None, &[(IF_NONE_MATCH, "\"old\"")]).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn only_the_versioned_address_is_kept_for_ever() {
        let address = address("app.js");
        let query = address.split_once('?').unwrap().1.to_owned();
        assert_eq!(get("app.js", Some(query), &[]).await.1[CACHE_CONTROL], FOREVER);
        assert_eq!(get("app.js", Some("v=old".to_owned()), &[]).await.1[CACHE_CONTROL], ASK_AGAIN);
        assert_eq!(get("app.js", None, &[]).await.1[CACHE_CONTROL], ASK_AGAIN);
    }

    #[tokio::test]
    async fn refuses_names_that_are_not_assets() {
        for name in ["", "nothing.js", "../Cargo.toml", "app.js/"] {
            assert_eq!(get(name, None, &[]).await.0, StatusCode::NOT_FOUND, "{name}");
        }
    }
}
