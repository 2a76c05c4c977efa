//! Whatever happens in which order, a client that resumes hears everything once, in order.

use std::{collections::BTreeSet, sync::Arc};

use chrono::DateTime;
use closecast_store::{Event, EventPayload, EventTopic};
use proptest::prelude::*;
use serde_json::json;

use super::catch_up::CatchUp;
use crate::events::{EventBroadcaster, Filter, Subscription};

const SYMBOLS: [&str; 3] = ["A", "B", "C"];

/// What happens next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Something is told about a symbol, some numbers later.
    Publish { symbol: usize, leap: i64 },
    /// So many pieces of news are handed out.
    HandOut(usize),
    /// The client reads a page of the past of at most so many, or begins to listen if there is nothing to read.
    CatchUp(usize),
    /// The client takes what waits for it.
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..SYMBOLS.len(), 1..3_i64).prop_map(|(symbol, leap)| Step::Publish { symbol, leap }),
        2 => (1..6_usize).prop_map(Step::HandOut),
        3 => (1..5_usize).prop_map(Step::CatchUp),
        1 => Just(Step::Take),
    ]
}

/// The news in the database, and a client.
struct World {
    book: Vec<Event>,
    hub: Arc<EventBroadcaster>,
    /// Pieces of the book that were handed out.
    handed_out: usize,
    listening: Subscription,
    filter: Filter,
    past: Option<CatchUp>,
    heard: Vec<i64>,
}

impl World {
    fn publish(&mut self, symbol: usize, leap: i64) {
        let sequence = self.book.last().map_or(0, |event| event.sequence) + leap;
        let symbol = Some(SYMBOLS[symbol].to_owned());
        let news = EventPayload::Health { symbol: symbol.clone(), data: json!({}) };
        self.book.push(Event { sequence, topic: EventTopic::Health, symbol, at: DateTime::UNIX_EPOCH, payload: news });
    }

    fn hand_out(&mut self, most: usize) {
        for event in self.book[self.handed_out..].iter().take(most) {
            self.hub.tell((event.sequence, event.topic, event.symbol.as_deref()), || Some("news".into()));
            self.handed_out += 1;
        }
    }

    fn catch_up(&mut self, limit: usize) {
        let Some(past) = &mut self.past else { return };
        if self.listening.join(&self.filter, past.cursor()) {
            self.past = None;
            return;
        }
        let cursor = past.cursor();
        let page: Vec<Event> = self.book.iter().filter(|event| event.sequence > cursor).take(limit).cloned().collect();
        let read_to = page.last().map_or(cursor, |event| event.sequence);
        let (gap, missed) = past.page(page, read_to, self.book.first().map(|event| event.sequence));
        assert!(gap.is_none_or(|gap| gap.to < self.book[0].sequence), "nothing was forgotten");
        self.heard.extend(missed.iter().map(|event| event.sequence));
    }

    fn take(&mut self) {
        // While the past is told, what waits is left where it is: there is nothing.
        let waiting = self.listening.inbox.take();
        assert!(self.past.is_none() || waiting.is_empty());
        self.heard.extend(waiting.iter().map(|frame| frame.sequence));
    }
}

/// Lets the client listen to A, then resume B from `from` in the middle of `steps`, and returns the world after all is told.
fn simulate(before: &[Step], from: usize, after: &[Step]) -> (World, i64, i64) {
    let of = |symbol: &str| Filter::of(&[EventTopic::Health], Some(&BTreeSet::from([symbol.to_owned()])));
    let hub = Arc::new(EventBroadcaster::default());
    hub.reach(0);
    let listening = hub.listen(None);
    listening.change(of("A"));
    let (book, heard) = (Vec::new(), Vec::new());
    let mut world = World { book, hub, handed_out: 0, listening, filter: of("A"), past: None, heard };
    let run = |world: &mut World, steps: &[Step]| {
        for &step in steps {
            match step {
                Step::Publish { symbol, leap } => world.publish(symbol, leap),
                Step::HandOut(most) => world.hand_out(most),
                Step::CatchUp(limit) => world.catch_up(limit),
                Step::Take => world.take(),
            }
        }
    };
    run(&mut world, before);
    // Whoever subscribes waits until what is stored was handed out.
    let newest = world.book.last().map_or(0, |event| event.sequence);
    world.hand_out(usize::MAX);
    let from = if world.book.is_empty() { 0 } else { world.book[from % world.book.len()].sequence };
    let head = world.listening.change(Filter::default());
    world.take();
    let (past, gap) = CatchUp::begin((of("B"), from), (of("A"), head), newest);
    assert_eq!(gap, None);
    world.filter.add(&[EventTopic::Health], Some(&BTreeSet::from(["B".to_owned()])));
    world.past = Some(past);
    run(&mut world, after);
    world.hand_out(usize::MAX);
    while world.past.is_some() {
        world.catch_up(3);
    }
    world.take();
    (world, from, head)
}

proptest! {
    #[test]
    fn who_resumes_hears_everything_once_and_in_order(
        before in proptest::collection::vec(step(), 0..60),
        from in 0..60_usize,
        after in proptest::collection::vec(step(), 0..120),
    ) {
        let (world, from, head) = simulate(&before, from, &after);
        let of = |symbol: &str, after: i64, to: i64| {
            let symbol = symbol.to_owned();
            world.book.iter().filter(move |event| {
                event.symbol.as_deref() == Some(&symbol) && event.sequence > after && event.sequence <= to
            }).map(|event| event.sequence).collect::<BTreeSet<_>>()
        };
        let live = of("A", 0, head);
        let mut resumed = of("B", from, i64::MAX);
        resumed.extend(of("A", head, i64::MAX));
        let expected: Vec<i64> = live.into_iter().chain(resumed).collect();
        prop_assert_eq!(&world.heard, &expected);
    }
}
