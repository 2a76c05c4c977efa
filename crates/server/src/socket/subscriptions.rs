//! What a client listens to, and how that changes.

use std::sync::Arc;

use axum::extract::ws::Message;
use closecast_store::{Event, EventTopic};
use futures_util::{Sink, Stream};

use super::{
    catch_up::{CatchUp, Gap},
    end::End,
    messages::{Say, Wanted},
    session::{MOST_SUBSCRIPTIONS, Session},
};
use crate::events::{Filter, Frame};
use closecast_api::event;

/// Pieces of the past read at a time.
const PAGE: u64 = 500;

impl<S> Session<S>
where
    S: Stream<Item = Result<Message, axum::Error>> + Sink<Message, Error = axum::Error> + Unpin,
{
    pub(super) async fn subscribe(&mut self, wanted: Wanted) -> Result<(), End> {
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
        let changed = self.listening.change(Filter::default());
        self.deliver_rest().await?;
        let subscribed =
            Say::Subscribed { topics: &topics, symbols: symbols.as_ref(), sequence: changed, resumed_from: Some(from) };
        self.say(&subscribed).await?;
        let resumed = Filter::of(&topics, symbols.as_ref());
        let before = std::mem::replace(&mut self.filter, filter);
        let (past, gap) = CatchUp::begin((resumed, from), (before, changed), newest);
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

    pub(super) async fn unsubscribe(&mut self, wanted: Wanted) -> Result<(), End> {
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

    async fn tell_gap(&mut self, gap: Option<Gap>) -> Result<(), End> {
        let Some(Gap { from, to, reason }) = gap else { return Ok(()) };
        self.say(&Say::Gap { from, to, reason }).await
    }
}
