//! `GET /`: the forecast of one symbol, its history, and how far it can be trusted.

use askama::Template;
use axum::{
    extract::{Query, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{
            ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, COOKIE, REFERRER_POLICY,
            SET_COOKIE, VARY,
        },
    },
    response::{Html, IntoResponse, Response},
};

use super::{assets, language::Language, messages::Messages};

/// Cookie that remembers a language chosen with the switch.
const LANGUAGE_COOKIE: &str = "closecast_lang";

/// The query as it stands, so that no unknown or repeated name is an error.
type Pairs = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "forecast.html")]
struct ForecastPage {
    language: Language,
    messages: &'static Messages,
}

impl ForecastPage {
    fn text<'a>(&'a self, key: &'a str) -> &'a str {
        self.messages.text(key)
    }

    fn address(&self, name: &str) -> String {
        assets::address(name)
    }
}

/// `GET /?lang=…&symbol=…`: the page, without data; its scripts read the symbol and ask `api/…`.
pub(super) async fn show(query: Result<Query<Pairs>, QueryRejection>, headers: HeaderMap) -> Response {
    let pairs = query.map(|Query(pairs)| pairs).unwrap_or_default();
    let asked = pairs.iter().find(|(name, _)| name == "lang").map(|(_, value)| value.as_str());
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = Language::negotiate(asked, remembered(&headers), accepted);
    let page = ForecastPage { language, messages: Messages::of(language) };
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "the forecast page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let head = [
        (CONTENT_LANGUAGE, language.tag()),
        (CONTENT_SECURITY_POLICY, super::CONTENT_SECURITY_POLICY),
        (CACHE_CONTROL, "no-cache"),
        (VARY, "accept-language, cookie"),
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
    ];
    let chosen = asked.and_then(Language::of_tag).map(remember);
    (head, chosen.map(|cookie| [(SET_COOKIE, cookie)]), Html(html)).into_response()
}

fn remembered(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(LANGUAGE_COOKIE)?.strip_prefix('='))
}

/// Returns the cookie of a choice. Without a path it holds for the folder of the page, whatever a proxy calls it.
fn remember(language: Language) -> String {
    format!("{LANGUAGE_COOKIE}={}; Max-Age=31536000; SameSite=Lax", language.tag())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn page(lang: Option<&str>, pairs: &[(HeaderName, &str)]) -> (HeaderMap, String) {
        let query = Query(lang.map(|lang| ("lang".to_owned(), lang.to_owned())).into_iter().collect());
        let headers = pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        let (head, body) = show(Ok(query), headers).await.into_parts();
        assert_eq!(head.status, StatusCode::OK);
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (head.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn speaks_the_language_of_the_browser_until_another_is_chosen() {
        let (headers, html) = page(None, &[(ACCEPT_LANGUAGE, "pt-BR,pt;q=0.9,en;q=0.5")]).await;
        assert_eq!(headers[CONTENT_LANGUAGE], "pt-BR");
        assert!(html.contains("<html lang=\"pt-BR\"") && headers.get(SET_COOKIE).is_none());

        let (headers, html) = page(Some("en"), &[(ACCEPT_LANGUAGE, "pt-BR")]).await;
        assert!(html.contains("<html lang=\"en\"") && headers[SET_COOKIE].to_str().unwrap().contains("lang=en;"));

        let cookie = "other=1; closecast_lang=pt-BR";
        let (headers, _) = page(None, &[(ACCEPT_LANGUAGE, "en"), (COOKIE, cookie)]).await;
        assert_eq!(headers[CONTENT_LANGUAGE], "pt-BR");
    }

    #[tokio::test]
    async fn loads_nothing_from_elsewhere_and_runs_nothing_inline() {
        let (headers, html) = page(None, &[]).await;
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe-eval"));
        assert!(!html.contains("://"), "the page names another host");
        for attribute in ["src=\"", "href=\""] {
            for address in html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(!address.starts_with('/'), "{address} is not relative");
            }
        }
        for script in html.split("<script").skip(1) {
            assert!(script.contains("src=\"") || script.contains("application/json"), "an inline script");
        }
        assert!(!html.contains(" onclick=") && !html.contains("<style"));
    }
}
