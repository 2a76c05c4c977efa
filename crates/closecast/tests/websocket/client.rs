//! A client, and somebody who tells news.

use std::{path::Path, time::Duration};

use chrono::{DateTime, Utc};
use closecast_domain::{Clock as _, SystemClock};
use closecast_store::{EventPayload, Store};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, protocol::CloseFrame},
};

use crate::server::Server;

/// Patience with anything that should come at once; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a client received.
#[derive(Debug)]
pub(crate) enum Received {
    /// A message.
    Said(Value),
    /// The end, with the reason if there was one.
    End(Option<CloseFrame>),
}

/// A client of a server's news.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) welcome: Value,
}

impl Client {
    pub(crate) async fn connect(server: &Server) -> Self {
        let (socket, _) = connect_async(format!("ws://{}/ws", server.address)).await.unwrap();
        let mut client = Self { socket, welcome: Value::Null };
        client.welcome = client.next().await;
        assert_eq!(client.welcome["type"], "welcome");
        client
    }

    /// Connects, and subscribes.
    pub(crate) async fn subscribed(server: &Server, to: Value) -> Self {
        let mut client = Self::connect(server).await;
        client.say(to).await;
        assert_eq!(client.next().await["type"], "subscribed");
        client
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Returns what comes next, signs of life apart.
    pub(crate) async fn receive(&mut self) -> Received {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.unwrap_or_else(|_late| panic!("nothing came")) {
                Some(Ok(Message::Text(text))) => {
                    let said: Value = serde_json::from_str(&text).unwrap();
                    if said["type"] != "heartbeat" {
                        return Received::Said(said);
                    }
                }
                Some(Ok(Message::Close(frame))) => return Received::End(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Received::End(None),
            }
        }
    }

    pub(crate) async fn next(&mut self) -> Value {
        match self.receive().await {
            Received::Said(said) => said,
            end => panic!("{end:?}"),
        }
    }

    /// Returns what comes until `is_last`, that included.
    pub(crate) async fn until(&mut self, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            all.push(self.next().await);
            if all.last().is_some_and(&is_last) {
                return all;
            }
        }
    }

    /// Returns code and reason of the end, whatever comes before.
    pub(crate) async fn end(&mut self) -> (u16, String) {
        loop {
            if let Received::End(frame) = self.receive().await {
                let frame = frame.unwrap_or_else(|| panic!("the connection ended without a word"));
                return (frame.code.into(), frame.reason.to_string());
            }
        }
    }
}

/// Returns the store of the servers that run in `folder`.
pub(crate) async fn store(folder: &Path) -> Store {
    Store::open(folder.join("data").as_path()).await.unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// Returns news with a number in it, of about so many bytes.
pub(crate) fn news(symbol: &str, number: usize, bytes: usize) -> EventPayload {
    EventPayload::Health {
        symbol: Some(symbol.to_owned()),
        data: json!({ "number": number, "filling": "x".repeat(bytes) }),
    }
}

/// Returns the numbers in the news.
pub(crate) fn numbers(events: &[Value]) -> Vec<usize> {
    events.iter().map(|event| usize::try_from(event["data"]["number"].as_u64().unwrap()).unwrap()).collect()
}

/// Asserts that sequence numbers rise.
pub(crate) fn assert_rising(events: &[Value]) {
    assert!(
        events.is_sorted_by(|a, b| a["sequence"].as_i64().unwrap() < b["sequence"].as_i64().unwrap()),
        "{events:?}"
    );
}
