//! Conversations over a socket that is none, where minutes pass at once.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::extract::ws::{CloseFrame, Message};
use closecast_store::{EventTopic, Store};
use futures_util::{Sink, Stream};
use serde_json::Value;
use tokio::{
    sync::mpsc,
    time::{Duration, Instant},
};
use tokio_util::sync::PollSender;

use super::session::{HEARTBEAT, PATIENCE, Session};
use crate::events::EventBroadcaster;

/// The server's end of a connection whose client takes so many messages unasked.
struct Socket {
    from_client: mpsc::UnboundedReceiver<Message>,
    to_client: PollSender<Message>,
}

impl Stream for Socket {
    type Item = Result<Message, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.from_client.poll_recv(context).map(|message| message.map(Ok))
    }
}

impl Sink<Message> for Socket {
    type Error = axum::Error;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        self.to_client.poll_reserve(context).map_err(axum::Error::new)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), axum::Error> {
        self.to_client.send_item(message).map_err(axum::Error::new)
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Poll::Ready(Ok(()))
    }
}

struct Talk {
    hub: Arc<EventBroadcaster>,
    client: mpsc::UnboundedSender<Message>,
    heard: mpsc::Receiver<Message>,
    _folder: tempfile::TempDir,
}

impl Talk {
    /// Begins a conversation with a client that holds the key `k`.
    async fn begin(room: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let hub = Arc::new(EventBroadcaster::default());
        hub.reach(0);
        let (client, from_client) = mpsc::unbounded_channel();
        let (to_client, heard) = mpsc::channel(room);
        let socket = Socket { from_client, to_client: PollSender::new(to_client) };
        tokio::spawn(Session::new(socket, store, Arc::clone(&hub), Some("k".to_owned())).run());
        let mut talk = Self { hub, client, heard, _folder: folder };
        assert_eq!(talk.said().await["type"], "welcome");
        talk.client.send(Message::text(r#"{"type":"subscribe","topics":["health"]}"#)).unwrap();
        assert_eq!(talk.said().await["type"], "subscribed");
        talk
    }

    async fn said(&mut self) -> Value {
        match self.heard.recv().await.unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    async fn end(&mut self) -> CloseFrame {
        loop {
            if let Message::Close(frame) = self.heard.recv().await.unwrap() {
                return frame.unwrap();
            }
        }
    }

    fn tell(&self, sequence: i64) {
        self.hub.tell((sequence, EventTopic::Health, None), || Some(format!("{{\"sequence\":{sequence}}}").into()));
    }
}

#[tokio::test]
async fn a_client_that_answers_stays_and_one_that_does_not_is_let_go() {
    let mut talk = Talk::begin(100).await;
    tokio::time::pause();
    // Counted from the first one on, which may have been due a little before the clock stood still.
    while !matches!(talk.heard.recv().await.unwrap(), Message::Ping(_)) {}
    let begun = Instant::now();
    let mut pings = 0_u64;
    while begun.elapsed() < Duration::from_secs(600) {
        match talk.heard.recv().await.unwrap() {
            Message::Ping(_) => pings += 1,
            Message::Text(_) => talk.client.send(Message::Pong(bytes::Bytes::new())).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(pings, 600 / HEARTBEAT.as_secs());
    let silent_since = Instant::now();
    assert_eq!(talk.end().await.code, 4408);
    assert!(silent_since.elapsed() <= PATIENCE + HEARTBEAT, "{:?}", silent_since.elapsed());
}

#[tokio::test]
async fn who_is_too_slow_is_told_how_much_and_where_to_go_on() {
    let mut talk = Talk::begin(8).await;
    for sequence in 1..=2000 {
        talk.tell(sequence);
        if sequence % 50 == 0 {
            tokio::task::yield_now().await;
        }
    }
    let mut last = 0;
    let frame = loop {
        match talk.heard.recv().await.unwrap() {
            Message::Text(text) => {
                last = serde_json::from_str::<Value>(&text).unwrap()["sequence"].as_i64().unwrap_or(last);
            }
            Message::Close(frame) => break frame.unwrap(),
            _ => {}
        }
    };
    assert_eq!(frame.code, 1013);
    let sequence: i64 = frame.reason.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(sequence <= last, "what was not heard must be told again: {} after {last}", frame.reason.as_str());
    assert!(frame.reason.starts_with("too slow: 1025 messages behind"), "{}", frame.reason.as_str());
}

#[tokio::test]
async fn who_takes_nothing_at_all_is_given_up() {
    let mut talk = Talk::begin(4).await;
    tokio::time::pause();
    (1..=20).for_each(|sequence| talk.tell(sequence));
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(talk.hub.is_idle(), "it is still listened to");
    while talk.heard.recv().await.is_some() {}
}

#[tokio::test]
async fn a_key_that_is_revoked_ends_the_conversation_and_so_does_the_server() {
    let mut talk = Talk::begin(10).await;
    talk.hub.dismiss("another");
    talk.hub.dismiss_keyless();
    talk.tell(1);
    assert_eq!(talk.said().await["sequence"], 1);
    talk.hub.dismiss("k");
    assert_eq!(talk.end().await.code, 4401);
    let mut talk = Talk::begin(10).await;
    talk.hub.stop();
    assert_eq!(talk.end().await.code, 1001);
}
