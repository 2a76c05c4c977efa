//! One conversation, from the welcome to the end.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::Message;
use closecast_store::{EventTopic, Store};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{
    LONGEST_MESSAGE,
    budget::Budget,
    end::End,
    messages::{Ask, Limits, Say},
};
use crate::events::{EventBroadcaster, Filter, Frame, Subscription};

/// Pause between two signs of life.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(20);

/// How long a client may be silent.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How long a client may take nothing of what is sent.
const STALL: Duration = Duration::from_secs(15);

/// How long the end of a conversation may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Most topics, or symbols of topics, that a client may subscribe to.
pub(super) const MOST_SUBSCRIPTIONS: usize = 1000;

/// One conversation.
pub(crate) struct Session<S> {
    socket: S,
    pub(super) store: Store,
    pub(super) hub: Arc<EventBroadcaster>,
    pub(super) listening: Subscription,
    pub(super) filter: Filter,
    /// Number of the last news that was sent.
    pub(super) sent: i64,
    heard_at: Instant,
    messages: Budget,
    mistakes: Budget,
}

impl<S> Session<S>
where
    S: Stream<Item = Result<Message, axum::Error>> + Sink<Message, Error = axum::Error> + Unpin,
{
    /// Returns a conversation that is about to begin, with somebody who has the key of that identifier.
    pub(crate) fn new(socket: S, store: Store, hub: Arc<EventBroadcaster>, key: Option<String>) -> Self {
        Self {
            socket,
            store,
            listening: hub.listen(key),
            hub,
            filter: Filter::default(),
            sent: 0,
            heard_at: Instant::now(),
            messages: Budget::new(40, Duration::from_millis(200)),
            mistakes: Budget::new(10, Duration::from_secs(6)),
        }
    }

    /// Talks until one of both ends it.
    pub(crate) async fn run(mut self) {
        let _conversation = self.hub.conversation();
        let end = match self.talk().await {
            Err(end) => end,
            Ok(()) => End::Gone,
        };
        tracing::debug!(?end, sent = self.sent, "a conversation ends");
        let Some(farewell) = end.close_frame(self.sent) else { return };
        // Nothing more is to come, whatever happens meanwhile.
        let Self { mut socket, listening, .. } = self;
        drop(listening);
        // What the client has not read yet would be lost with the connection, the reason too: it is the client that closes it.
        let closing = async {
            socket.send(Message::Close(Some(farewell))).await?;
            while let Some(Ok(_)) = socket.next().await {}
            Ok::<_, axum::Error>(())
        };
        _ = timeout(FAREWELL, closing).await;
    }

    async fn talk(&mut self) -> Result<(), End> {
        let sequence = self.hub.fresh(&self.store).await.map_err(|_not_fresh| End::NoNews)?;
        self.sent = sequence;
        self.say(&Say::Welcome {
            sequence,
            heartbeat_seconds: HEARTBEAT.as_secs(),
            patience_seconds: PATIENCE.as_secs(),
            topics: EventTopic::ALL.map(EventTopic::name),
            limits: Limits { message_bytes: LONGEST_MESSAGE, subscriptions: MOST_SUBSCRIPTIONS },
        })
        .await?;
        let mut pulse = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (inbox, stopping) = (Arc::clone(&self.listening.inbox), self.hub.stopping().clone());
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => return Err(End::Stopping),
                why = inbox.dismissed() => return Err(End::Dismissed(why)),
                message = self.socket.next() => self.hear(message).await?,
                batch = inbox.batch() => self.deliver(batch).await?,
                _ = pulse.tick() => self.beat().await?,
            }
        }
    }

    /// Takes what the client sent.
    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let message = match message {
            None | Some(Ok(Message::Close(_))) => return Err(End::Gone),
            Some(Err(error)) => return Err(End::Broken(error.to_string())),
            Some(Ok(message)) => message,
        };
        self.heard_at = Instant::now();
        if !self.messages.take() {
            return Err(End::Flood);
        }
        match message {
            Message::Text(text) if text.len() > LONGEST_MESSAGE => Err(End::TooLarge),
            Message::Text(text) => match Ask::read(&text) {
                Ok(ask) => self.answer(ask).await,
                Err(detail) => self.refuse(&detail).await,
            },
            Message::Binary(_) => self.refuse("send text, which is one JSON object").await,
            _ => Ok(()),
        }
    }

    pub(super) async fn refuse(&mut self, detail: &str) -> Result<(), End> {
        if !self.mistakes.take() {
            return Err(End::Flood);
        }
        self.say(&Say::Error { detail }).await
    }

    async fn answer(&mut self, ask: Ask) -> Result<(), End> {
        match ask {
            Ask::Ping => {
                let sequence = self.listening.position(self.sent);
                self.say(&Say::Pong { sequence }).await
            }
            Ask::Subscribe(wanted) => self.subscribe(wanted).await,
            Ask::Unsubscribe(wanted) => self.unsubscribe(wanted).await,
        }
    }

    /// Gives a sign of life, and looks whether the client has given any.
    async fn beat(&mut self) -> Result<(), End> {
        if self.heard_at.elapsed() >= PATIENCE {
            return Err(End::Silent);
        }
        let sequence = self.listening.position(self.sent);
        self.write(vec![Message::Ping(bytes::Bytes::new())]).await?;
        self.say(&Say::Heartbeat { sequence }).await
    }

    /// Sends all that waits.
    pub(super) async fn deliver_rest(&mut self) -> Result<(), End> {
        loop {
            let batch = self.listening.inbox.take();
            if batch.is_empty() {
                return Ok(());
            }
            self.deliver(batch).await?;
        }
    }

    pub(super) async fn deliver(&mut self, batch: Vec<Frame>) -> Result<(), End> {
        let Some(last) = batch.last().map(|frame| frame.sequence) else { return Ok(()) };
        self.write(batch.into_iter().map(|frame| Message::Text(frame.text)).collect()).await?;
        self.sent = last;
        Ok(())
    }

    pub(super) async fn say(&mut self, what: &Say<'_>) -> Result<(), End> {
        let text = serde_json::to_string(what).map_err(|error| End::Broken(error.to_string()))?;
        self.write(vec![Message::Text(text.into())]).await
    }

    /// Sends messages; nobody is waited for who takes none of them, or is to go.
    async fn write(&mut self, messages: Vec<Message>) -> Result<(), End> {
        let socket = &mut self.socket;
        let sending = async {
            for message in messages {
                socket.feed(message).await?;
            }
            socket.flush().await
        };
        tokio::select! {
            sent = timeout(STALL, sending) => match sent {
                Ok(sent) => sent.map_err(|_error| End::Gone),
                Err(_late) => Err(End::Stalled),
            },
            why = self.listening.inbox.dismissed() => Err(End::Dismissed(why)),
            () = self.hub.stopping().cancelled() => Err(End::Stopping),
        }
    }
}
