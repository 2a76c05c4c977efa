//! News as it happens, over a WebSocket.

use std::net::{IpAddr, SocketAddr};

use axum::{
    Extension,
    extract::{
        ConnectInfo, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use crate::state::ServerState;
use crate::{
    events::{Full, Place},
    problem::{Problem, ProblemBody},
    security::{Caller, network},
    socket::{LONGEST_READ, Session},
};

/// What a client that offers protocols must offer, and is answered. A key may stand beside it; it is never repeated.
const PROTOCOL: &str = "closecast";

/// Memory of a connection for what it reads and writes.
const BUFFER: usize = 8 * 1024;

/// Opens a WebSocket on which news is told as it happens.
///
/// Topics: forecasts, jobs, bars, alerts, health. Each piece of news has a number, from which a client that comes back can resume. The
/// messages are described in docs/WEBSOCKET.md.
#[utoipa::path(get, path = "/ws", tag = "monitoring", responses(
    (status = 101, description = "The connection is a WebSocket from here on"),
    (status = 400, description = "The request for a WebSocket is not whole", body = ProblemBody, content_type = "application/problem+json"),
    (status = 426, description = "The request does not ask for a WebSocket", body = ProblemBody, content_type = "application/problem+json",
        headers(("upgrade" = String, description = "websocket"))),
))]
pub(crate) async fn connect(
    State(app): State<ServerState>,
    caller: Option<Extension<Caller>>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return refused(&headers, &rejection),
    };
    let caller = caller.map(|Extension(caller)| caller);
    let address = address.map(|Extension(ConnectInfo(address))| address.ip());
    let place = match place(&app, caller.as_ref(), address) {
        Ok(place) => place,
        Err(problem) => return problem.into_response(),
    };
    let key = caller.and_then(|caller| caller.key).map(|(id, _name)| id);
    let converse = async move |socket| {
        let _place = place;
        let _open = app.monitor.measures.websockets.enter();
        Session::new(socket, app.store.clone(), app.events.clone(), key).run().await;
    };
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(LONGEST_READ)
        .max_frame_size(LONGEST_READ)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .on_upgrade(converse)
}

/// Counts the caller in, unless there are too many.
fn place(app: &ServerState, caller: Option<&Caller>, address: Option<IpAddr>) -> Result<Place, Problem> {
    if app.events.stopping().is_cancelled() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server is about to end").later());
    }
    let limits = &app.settings.limits;
    let address = caller.map(|caller| caller.address).or(address);
    let key = caller.and_then(|caller| caller.key.as_ref()).map(|(id, _name)| format!("key {id}"));
    let who = match address {
        Some(address) if address.is_loopback() => None,
        _ => key.or(address.map(|address| format!("address {}", network(address)))),
    };
    app.events.place(who, (limits.websockets, limits.websockets_each)).map_err(|full| match full {
        Full::Altogether => {
            let detail = format!("{} WebSockets are open, as many as this server takes", limits.websockets);
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).later()
        }
        Full::ForThisOne => {
            let detail = format!("you have {} WebSockets open, as many as one caller may", limits.websockets_each);
            Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).later()
        }
    })
}

/// Returns the answer to a request that is none for a WebSocket, or not a whole one.
fn refused(headers: &HeaderMap, rejection: &WebSocketUpgradeRejection) -> Response {
    let asks = headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if asks && rejection.status() != StatusCode::UPGRADE_REQUIRED {
        return Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()).into_response();
    }
    let detail = "this is for WebSockets: connect with ws:// or wss:// in place of http:// or https://";
    let mut response = Problem::new(StatusCode::UPGRADE_REQUIRED, detail).into_response();
    response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    response
}
