//! One conversation, from the welcome to the end.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::Message;
use closecast_store::{Event, EventTopic, Store};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{
    LONGEST_MESSAGE,
    budget::Budget,
    catch_up::{CatchUp, Gap},
    end::End,
    messages::{Ask, Limits, Say, Wanted},
};
use crate::{
    live::{Filter, Frame, Hub, Listening},
    views::event,
};

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

/// Pieces of the past read at a time.
const PAGE: u64 = 500;

/// One conversation.
pub(in crate::server) struct Session<S> {
    socket: S,
    store: Store,
    hub: Arc<Hub>,
    listening: Listening,
    filter: Filter,
    /// Number of the last news that was sent.
    sent: i64,
    heard_at: Instant,
    messages: Budget,
    mistakes: Budget,
}

impl<S> Session<S>
where
    S: Stream<Item = Result<Message, axum::Error>> + Sink<Message, Error = axum::Error> + Unpin,
{
    /// Returns a conversation that is about to begin, with somebody who has the key of that identifier.
    pub(in crate::server) fn new(socket: S, store: Store, hub: Arc<Hub>, key: Option<String>) -> Self {
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
    pub(in crate::server) async fn run(mut self) {
        let _conversation = self.hub.conversation();
        let end = match self.talk().await {
            Err(end) => end,
            Ok(()) => End::Gone,
        };
        tracing::debug!(?end, sent = self.sent, "a conversation ends");
        let Some(farewell) = end.told(self.sent) else { return };
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
        if matches!(message, Message::Pong(_)) {
            return Ok(());
        }
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

    async fn refuse(&mut self, detail: &str) -> Result<(), End> {
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

    async fn subscribe(&mut self, wanted: Wanted) -> Result<(), End> {
        let Wanted { topics, symbols, resume_from } = wanted;
        let mut filter = self.filter.clone();
        filter.add(&topics, symbols.as_ref());
        if filter.size() > MOST_SUBSCRIPTIONS {
            return self.refuse(&format!("symbols: at most {MOST_SUBSCRIPTIONS} can be subscribed to at a time")).await;
        }
        let Ok(newest) = self.hub.fresh(&self.store).await else {
            return self.say(&Say::Error { detail: "the database does not answer; try again in a moment" }).await;
        };
        let Some(from) = resume_from else {
            let sequence = self.listening.change(filter.clone());
            self.filter = filter;
            let symbols = symbols.as_ref();
            return self.say(&Say::Subscribed { topics: &topics, symbols, sequence, resumed_from: None }).await;
        };
        let told = self.listening.change(Filter::default());
        self.deliver_rest().await?;
        let subscribed =
            Say::Subscribed { topics: &topics, symbols: symbols.as_ref(), sequence: told, resumed_from: Some(from) };
        self.say(&subscribed).await?;
        let resumed = Filter::of(&topics, symbols.as_ref());
        let before = std::mem::replace(&mut self.filter, filter);
        let (past, gap) = CatchUp::begin((resumed, from), (before, told), newest);
        self.tell_gap(gap).await?;
        self.catch_up(past).await
    }

    /// Tells the past, and begins to listen when it has become the present.
    async fn catch_up(&mut self, mut past: CatchUp) -> Result<(), End> {
        let (hub, store) = (Arc::clone(&self.hub), self.store.clone());
        while !self.listening.join(&self.filter, past.cursor()) {
            let turn = hub.reader().await;
            let (page, read_to) = store.events().after(past.cursor(), PAGE).await.map_err(|_error| End::NoNews)?;
            if read_to == past.cursor() {
                // What was handed out is not there any more.
                past.skip_to(self.listening.position(0));
                continue;
            }
            let is_whole = page.first().is_some_and(|first| first.sequence == past.cursor() + 1);
            let oldest = if is_whole { None } else { store.events().oldest().await.map_err(|_error| End::NoNews)? };
            let (gap, missed) = past.page(page, read_to, oldest);
            drop(turn);
            self.tell_gap(gap).await?;
            let frame = |missed: Event| {
                let sequence = missed.sequence;
                event::text(missed).map(|text| Frame { sequence, text: text.into() })
            };
            self.deliver(missed.into_iter().filter_map(frame).collect()).await?;
        }
        Ok(())
    }

    async fn unsubscribe(&mut self, wanted: Wanted) -> Result<(), End> {
        let topics = if wanted.topics.is_empty() { EventTopic::ALL.to_vec() } else { wanted.topics };
        let mut filter = self.filter.clone();
        if let Err(topic) = filter.remove(&topics, wanted.symbols.as_ref()) {
            let name = topic.name();
            let detail =
                format!("symbols: all symbols of {name} are subscribed to; unsubscribe from {name} as a whole");
            return self.refuse(&detail).await;
        }
        self.listening.change(filter.clone());
        self.filter = filter;
        // What was handed out before is not left out.
        self.deliver_rest().await?;
        self.say(&Say::Unsubscribed { topics: &topics, symbols: wanted.symbols.as_ref() }).await
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

    async fn tell_gap(&mut self, gap: Option<Gap>) -> Result<(), End> {
        let Some(Gap { from, to, reason }) = gap else { return Ok(()) };
        self.say(&Say::Gap { from, to, reason }).await
    }

    /// Sends all that waits.
    async fn deliver_rest(&mut self) -> Result<(), End> {
        loop {
            let batch = self.listening.inbox.take();
            if batch.is_empty() {
                return Ok(());
            }
            self.deliver(batch).await?;
        }
    }

    async fn deliver(&mut self, batch: Vec<Frame>) -> Result<(), End> {
        let Some(last) = batch.last().map(|frame| frame.sequence) else { return Ok(()) };
        self.write(batch.into_iter().map(|frame| Message::Text(frame.text)).collect()).await?;
        self.sent = last;
        Ok(())
    }

    async fn say(&mut self, what: &Say<'_>) -> Result<(), End> {
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
