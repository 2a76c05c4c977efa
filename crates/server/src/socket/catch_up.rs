//! Telling again what a client has missed, and then going on with what happens, so that nothing is left out or told twice.
//!
//! The client stops listening, which fixes the number up to which it was told everything it had asked for. From the number that it resumes from,
//! the past is read until nothing is left that was handed out to the others meanwhile; in that same moment the client begins to listen again.

use closecast_store::Event;

use super::messages::GapReason;
use crate::events::Filter;

/// How far the telling of the past is.
#[derive(Debug)]
pub(super) struct CatchUp {
    /// What is resumed.
    resumed: Filter,
    /// What was listened to before.
    before: Filter,
    /// Up to here, what was listened to before has been told.
    told: i64,
    /// Up to here the past was read.
    cursor: i64,
}

/// News that can not be told any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) reason: GapReason,
}

impl CatchUp {
    /// Begins to resume `resumed` from `from`, while `before` was listened to until `told`. The newest news there is has the number
    /// `newest`; a number beyond it is of another database, and all may have been missed.
    pub(super) fn begin(
        (resumed, from): (Filter, i64),
        (before, told): (Filter, i64),
        newest: i64,
    ) -> (Self, Option<Gap>) {
        let known = from.min(newest);
        let strange = from > newest && newest > 0;
        let gap = strange.then_some(Gap { from: 1, to: newest, reason: GapReason::AnotherDatabase });
        (Self { resumed, before, told, cursor: known.min(told) }, gap)
    }

    /// Returns up to which number the past was read.
    pub(super) fn cursor(&self) -> i64 {
        self.cursor
    }

    /// Takes the next page of the past, which was read up to `read_to`, while the oldest that is kept has the number `oldest`. Returns what is
    /// missing before the page, and what of it is to be told.
    pub(super) fn page(&mut self, page: Vec<Event>, read_to: i64, oldest: Option<i64>) -> (Option<Gap>, Vec<Event>) {
        let first = page.first().map_or(read_to, |event| event.sequence);
        let missing = first > self.cursor + 1 && oldest.is_some_and(|oldest| oldest > self.cursor + 1);
        let gap = missing.then(|| Gap { from: self.cursor + 1, to: first - 1, reason: GapReason::Forgotten });
        self.cursor = read_to;
        let wanted = page.into_iter().filter(|event| {
            let (topic, symbol) = (event.topic, event.symbol.as_deref());
            self.resumed.wants(topic, symbol) || (event.sequence > self.told && self.before.wants(topic, symbol))
        });
        (gap, wanted.collect())
    }

    /// Takes note that there is nothing to read up to `head`.
    pub(super) fn skip_to(&mut self, head: i64) {
        self.cursor = self.cursor.max(head);
    }
}
