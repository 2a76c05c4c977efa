//! Who asks, and whether that is allowed: the way into every group of routes.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::Response,
};
use closecast_store::AuditEntry;
use tokio::task::JoinHandle;

use super::{access::Access, address, observe, openapi, origin, problem::Problem, time_limit::end_after};
use crate::security::{Caller, KnownKey, Security};
use crate::state::ServerState;
use closecast_app::{
    access::{Key, Role},
    error::AppError,
};

/// Longest path that is looked at: no name in it is longer than some dozen letters.
const LONGEST_PATH: usize = 1024;

/// Said to one whose key does not open.
const NOT_OURS: &str = "the key is not one of ours, or was revoked";

/// How a key is written among the protocols of a WebSocket: a page can set no other header there.
const PROTOCOL_PREFIX: &str = "key.";

/// What a request was about, where its path does not say. An answer carries it, for the book of who did what.
#[derive(Clone, Debug)]
pub(super) struct Subject(pub(super) String);

/// What decides about the requests to a group of routes.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) access: Access,
    pub(super) app: ServerState,
    /// How long an answer may take.
    pub(super) limit: Duration,
}

/// Lets a request through to a group of routes, or refuses it; what it changed is written down.
pub(super) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let Guard { access, app, limit } = guard;
    // A request cannot be shared between threads while it waits: its body cannot.
    let (mut parts, body) = request.into_parts();
    let caller = match admit(access, &app, &parts).await {
        Ok(caller) => caller,
        Err(problem) => return openapi::refuse(parts.uri.path(), problem),
    };
    let allowed = access.allows(caller.role);
    let is_written = access.is_written_down(&parts.method) && (allowed || app.security.allowance.take_refusal(&caller));
    let mut book = is_written.then(|| Entry { app: app.clone(), act: Some(act(&caller, &parts)) });
    let has_key = caller.key.is_some();
    let mut response = if allowed {
        parts.extensions.insert(caller);
        // The time limit is within: what is written down is the answer that was given.
        end_after(limit, Request::from_parts(parts, body), next).await
    } else {
        openapi::refuse(parts.uri.path(), access.refuse(caller.role))
    };
    if has_key {
        response.extensions_mut().insert(observe::Keyed);
    }
    if let Some(act) = book.as_mut().and_then(|entry| entry.act.take()) {
        // In a task of its own: who hangs up now has done it, and it is written all the same.
        let target = match response.extensions().get::<Subject>() {
            Some(Subject(subject)) => format!("{} {subject}", act.target),
            None => act.target,
        };
        let written = write(app, AuditEntry { status: response.status().as_u16(), target, ..act });
        _ = written.await;
    }
    response
}

/// An act that is written down at the latest when the request is dropped: who hangs up has done it all the same.
struct Entry {
    app: ServerState,
    act: Option<AuditEntry>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Some(act) = self.act.take() else { return };
        let status = if std::thread::panicking() { StatusCode::INTERNAL_SERVER_ERROR.as_u16() } else { observe::GONE };
        if tokio::runtime::Handle::try_current().is_ok() {
            write(self.app.clone(), AuditEntry { status, ..act });
        }
    }
}

/// Writes an act down, whoever waits for that. What was done cannot be undone by failing now.
fn write(app: ServerState, act: AuditEntry) -> JoinHandle<()> {
    let acts = app.security.acts.clone();
    acts.spawn(async move {
        if let Err(error) = app.store.audit().write(act.clone(), app.clock.now()).await {
            tracing::error!(%error, ?act, "who did what could not be written down");
        }
    })
}

/// Returns who asks, if such a one may come in at all.
async fn admit(access: Access, app: &ServerState, request: &Parts) -> Result<Caller, Problem> {
    let settings = &app.settings;
    let address = address::of(&request.headers, &request.extensions, &settings.trusted_proxies);
    if request.uri.path().len() > LONGEST_PATH {
        let detail = "the path is longer than anything here";
        let refused = app.security.allowance.take_of_address(address);
        return Err(refused.map_or_else(too_many, |()| Problem::new(StatusCode::URI_TOO_LONG, detail)));
    }
    let keys = are_keys_used(access, app).await?;
    if !keys {
        origin::expect_own_host(request, settings)?;
    }
    let costs = access == Access::Compute || settings.fetch_missing;
    origin::expect_own_page(request, costs, &settings.cors_origins)?;
    let caller = if keys {
        identify(access, app, &request.headers, address).await?
    } else {
        Caller { key: None, role: Role::Admin, address }
    };
    app.security.allowance.take(&caller).map_err(too_many)?;
    Ok(caller)
}

/// Returns who asks where keys are used.
async fn identify(access: Access, app: &ServerState, headers: &HeaderMap, address: IpAddr) -> Result<Caller, Problem> {
    let Some(sent) = key_in(headers) else {
        if matches!(access, Access::Read | Access::Monitor) && app.settings.public_read {
            return Ok(Caller { key: None, role: Role::Viewer, address });
        }
        return refuse_unknown(
            app,
            address,
            "a key is needed: send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`",
        );
    };
    let Some(key) = Key::parse(sent) else { return refuse_unknown(app, address, NOT_OURS) };
    let known = match app.security.keyring.remembered(&key) {
        Some(known) => known,
        None => {
            take_lookup(&app.security, &key, address)?;
            let found = find(access, app, &key).await?;
            found.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, NOT_OURS))?
        }
    };
    Ok(caller(&known, address))
}

/// Takes what asking the database about a key costs: one request of the address, since who guesses must not keep the database busy.
/// A key that was valid before uses its own allowance, so that other clients behind its address cannot keep it out.
fn take_lookup(security: &Security, key: &Key, address: IpAddr) -> Result<(), Problem> {
    match security.keyring.last_known(key) {
        Some(known) => security.allowance.take(&caller(&known, address)).map_err(too_many),
        None => security.allowance.take_of_address(address).map_err(too_many_guesses),
    }
}

fn caller(known: &KnownKey, address: IpAddr) -> Caller {
    Caller { key: Some((known.id.clone(), known.name.clone())), role: known.role, address }
}

/// How long monitoring waits for the database to verify a key before the last known answer counts.
const MONITOR_PATIENCE: Duration = Duration::from_secs(1);

/// Returns whether keys are used: where the database does not answer about it, [`Access::Monitor`] takes what was last known.
async fn are_keys_used(access: Access, app: &ServerState) -> Result<bool, Problem> {
    let keyring = &app.security.keyring;
    let asked = keyring.is_used(&app.store);
    let known = if access == Access::Monitor { keyring.were_last_used() } else { None };
    let Some(known) = known else { return Ok(asked.await.map_err(AppError::from)?) };
    Ok(tokio::time::timeout(MONITOR_PATIENCE, asked).await.ok().and_then(Result::ok).unwrap_or(known))
}

/// Returns the key if it opens: where the database does not answer about it, [`Access::Monitor`] takes what was last known.
async fn find(access: Access, app: &ServerState, key: &Key) -> Result<Option<Arc<KnownKey>>, Problem> {
    let keyring = &app.security.keyring;
    let asked = keyring.find(&app.store, key, app.clock.now());
    let known = if access == Access::Monitor { keyring.last_known(key) } else { None };
    let Some(known) = known else { return Ok(asked.await.map_err(AppError::from)?) };
    let found = tokio::time::timeout(MONITOR_PATIENCE, asked).await.ok().and_then(Result::ok);
    Ok(found.unwrap_or(Some(known)))
}

/// Refuses one without a good key; who tries many is told to wait.
fn refuse_unknown(app: &ServerState, address: IpAddr, detail: &str) -> Result<Caller, Problem> {
    match app.security.allowance.take_of_address(address) {
        Ok(()) => Err(Problem::new(StatusCode::UNAUTHORIZED, detail)),
        Err(wait) => Err(too_many_guesses(wait)),
    }
}

fn too_many(wait: Duration) -> Problem {
    Problem::too_many(wait, "too many requests: ask again later")
}

/// Takes what a request costs beyond one of its caller's allowance: one that does the work of many counts as several.
///
/// # Errors
/// A problem of status 429 when the allowance has not so much left.
pub(super) fn charge(app: &ServerState, caller: Option<&Caller>, units: usize) -> Result<(), Problem> {
    let units = u32::try_from(units).unwrap_or(u32::MAX);
    let (Some(caller), Some(units)) = (caller, NonZeroU32::new(units)) else { return Ok(()) };
    app.security.allowance.take_units(caller, units).map_err(too_many)
}

fn too_many_guesses(wait: Duration) -> Problem {
    Problem::too_many(wait, "too many requests without a good key: ask again later")
}

/// Returns the key that was sent.
pub(super) fn key_in(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(authorization) = text(header::AUTHORIZATION) {
        let (scheme, key) = authorization.split_once(' ').unwrap_or((authorization, ""));
        // Another scheme is no key, but it is no visitor without one either.
        return Some(if scheme.eq_ignore_ascii_case("bearer") { key.trim() } else { "" });
    }
    text(header::HeaderName::from_static("x-api-key")).or_else(|| {
        let protocols = text(header::SEC_WEBSOCKET_PROTOCOL)?;
        protocols.split(',').find_map(|protocol| protocol.trim().strip_prefix(PROTOCOL_PREFIX))
    })
}

fn act(caller: &Caller, request: &Parts) -> AuditEntry {
    let path = request.uri.path();
    AuditEntry {
        key: caller.key.clone(),
        address: caller.address.to_string(),
        request_id: observe::id_of(&request.headers).to_owned(),
        action: format!("{} {}", request.method, route_of(request).unwrap_or(path)),
        target: path.to_owned(),
        status: 0,
    }
}

/// Returns the route as it is described, such as `/api/jobs/{id}/cancel`.
fn route_of(request: &Parts) -> Option<&str> {
    request.extensions.get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_key_is_found_wherever_it_may_be_sent() {
        for (name, value) in [
            ("authorization", "Bearer abc"),
            ("authorization", "bearer  abc"),
            ("x-api-key", "abc"),
            ("sec-websocket-protocol", "closecast, key.abc"),
        ] {
            assert_eq!(key_in(&headers(&[(name, value)])), Some("abc"), "{name}: {value}");
        }
        assert_eq!(key_in(&headers(&[])), None);
        assert_eq!(key_in(&headers(&[("sec-websocket-protocol", "closecast")])), None);
    }

    #[tokio::test]
    async fn good_key_is_looked_up_again_when_others_have_used_up_its_address() {
        let folder = tempfile::tempdir().unwrap();
        let store = closecast_store::Store::open(folder.path()).await.unwrap();
        let security = Security::new(&crate::options::LimitSettings { address_per_second: 1, ..Default::default() });
        let (good, revoked) = (Key::random().unwrap(), Key::random().unwrap());
        let (address, now) = ("192.0.2.1".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
        store.keys().add("ana", "admin", &good.hash(), now).await.unwrap();
        assert!(take_lookup(&security, &good, address).is_ok(), "it is asked about for the first time");
        assert!(security.keyring.find(&store, &good, now).await.unwrap().is_some());
        while take_lookup(&security, &revoked, address).is_ok() {}
        assert!(take_lookup(&security, &good, address).is_ok());
        assert!(take_lookup(&security, &revoked, address).is_err());
    }

    #[test]
    fn another_way_to_authenticate_is_a_wrong_key_and_not_none() {
        for value in ["Basic YTpi", "Bearer", "abc"] {
            assert_eq!(key_in(&headers(&[("authorization", value), ("x-api-key", "abc")])), Some(""), "{value}");
        }
    }

    #[test]
    fn audit_log_has_every_administration_and_every_change() {
        for (access, method, expected) in [
            (Access::Administer, Method::GET, true),
            (Access::Administer, Method::POST, true),
            (Access::Change, Method::POST, true),
            (Access::Change, Method::GET, false),
            (Access::Compute, Method::POST, false),
            (Access::Read, Method::GET, false),
        ] {
            assert_eq!(access.is_written_down(&method), expected, "{access:?} {method}");
        }
    }

    #[test]
    fn each_role_may_do_what_the_one_before_it_may() {
        let groups = [Access::Read, Access::Compute, Access::Change, Access::Administer];
        let allowed = |role| groups.iter().filter(|group| group.allows(role)).count();
        assert_eq!([Role::Viewer, Role::Operator, Role::Admin].map(allowed), [2, 3, 4]);
    }
}
