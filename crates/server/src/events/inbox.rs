//! What waits for one listener, within bounds.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Most pieces of news that wait for one listener, and their most bytes.
const MOST: usize = 1024;
const MOST_BYTES: usize = 1 << 20;

/// How long others wait for one listener within [`PERIOD`].
const PATIENCE: Duration = Duration::from_secs(1);
const PERIOD: Duration = Duration::from_secs(60);

/// Pieces that are handed over at a time, and about how many bytes.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 64 * 1024;

/// A piece of news as it is sent; the text is shared by all who get it.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) sequence: i64,
    pub(crate) text: Utf8Bytes,
}

/// Why a listener is sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DisconnectReason {
    /// So many pieces of news wait for it that no more are kept.
    TooSlow { behind: usize },
    /// Its key was revoked.
    KeyRevoked,
    /// It has no key, and keys have come into use.
    KeyNeeded,
}

/// What waits for one listener.
#[derive(Debug, Default)]
pub(crate) struct SubscriberQueue {
    waiting: Mutex<Waiting>,
    filled: Notify,
    dismissed: CancellationToken,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// News up to this number is not wanted: the listener has heard it.
    heard: i64,
    dismissal: Option<DisconnectReason>,
    /// Nothing was taken out for so long that nobody waits for it.
    is_stuck: bool,
    /// Something was taken out since that was last asked.
    was_read: bool,
    /// Since when, and how long, others have waited for the listener.
    waited_for: Option<(Instant, Duration)>,
}

impl SubscriberQueue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a piece of news, or dismisses the listener when there is no room.
    pub(super) fn put(&self, frame: &Frame) {
        let mut waiting = self.waiting();
        if frame.sequence <= waiting.heard || waiting.dismissal.is_some() {
            return;
        }
        if waiting.frames.len() >= MOST || waiting.bytes + frame.text.len() > MOST_BYTES {
            let behind = waiting.frames.len() + 1;
            drop(waiting);
            return self.dismiss(DisconnectReason::TooSlow { behind });
        }
        waiting.bytes += frame.text.len();
        waiting.frames.push_back(frame.clone());
        drop(waiting);
        self.filled.notify_one();
    }

    /// Takes note that the listener has heard what there is up to `sequence`.
    pub(super) fn heard(&self, sequence: i64) {
        let mut waiting = self.waiting();
        waiting.heard = waiting.heard.max(sequence);
    }

    /// Forgets what the listener has heard: numbers begin anew.
    pub(super) fn begin_anew(&self) {
        self.waiting().heard = 0;
    }

    /// Sends the listener away.
    pub(super) fn dismiss(&self, why: DisconnectReason) {
        let mut waiting = self.waiting();
        waiting.dismissal.get_or_insert(why);
        // Nobody will read it.
        waiting.frames = VecDeque::new();
        waiting.bytes = 0;
        drop(waiting);
        self.dismissed.cancel();
    }

    /// Takes some of what waits, the oldest first.
    pub(crate) fn take(&self) -> Vec<Frame> {
        let mut waiting = self.waiting();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH
            && bytes < BATCH_BYTES
            && let Some(frame) = waiting.frames.pop_front()
        {
            bytes += frame.text.len();
            batch.push(frame);
            waiting.is_stuck = false;
            waiting.was_read = true;
        }
        waiting.bytes -= bytes;
        batch
    }

    /// Returns some of what waits as soon as anything does.
    pub(crate) async fn batch(self: &Arc<Self>) -> Vec<Frame> {
        loop {
            let batch = self.take();
            if !batch.is_empty() {
                return batch;
            }
            self.filled.notified().await;
        }
    }

    /// Returns why the listener is sent away, as soon as it is.
    pub(crate) async fn dismissed(&self) -> DisconnectReason {
        self.dismissed.cancelled().await;
        self.waiting().dismissal.unwrap_or(DisconnectReason::KeyRevoked)
    }

    /// Returns whether more than half of the room is taken, and there is hope that it will be less.
    pub(super) fn is_crowded(&self) -> bool {
        let waiting = self.waiting();
        !waiting.is_stuck && (waiting.frames.len() > MOST / 2 || waiting.bytes > MOST_BYTES / 2)
    }

    /// Takes note that nobody waits for the listener any more, until it takes something, unless it has done so since the last time.
    pub(super) fn give_up_unless_read(&self) {
        let mut waiting = self.waiting();
        waiting.is_stuck = !std::mem::take(&mut waiting.was_read);
    }

    /// Takes note that others have waited for the listener, and sends it away when they have done so for too long within a minute.
    pub(super) fn charge(&self, waited: Duration, now: Instant) {
        let mut waiting = self.waiting();
        let period = waiting.waited_for.filter(|(since, _)| now.saturating_duration_since(*since) < PERIOD);
        let (since, before) = period.unwrap_or((now, Duration::ZERO));
        let in_all = before + waited;
        waiting.waited_for = Some((since, in_all));
        if in_all > PATIENCE {
            let behind = waiting.frames.len();
            drop(waiting);
            self.dismiss(DisconnectReason::TooSlow { behind });
        }
    }

    /// Returns whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting().frames.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(sequence: i64, bytes: usize) -> Frame {
        Frame { sequence, text: "x".repeat(bytes).into() }
    }

    fn sequences(frames: &[Frame]) -> Vec<i64> {
        frames.iter().map(|frame| frame.sequence).collect()
    }

    #[tokio::test]
    async fn what_waits_is_handed_over_in_order_and_in_parts() {
        let inbox = Arc::new(SubscriberQueue::default());
        (1..=100).for_each(|sequence| inbox.put(&frame(sequence, 10)));
        assert_eq!(sequences(&inbox.batch().await), (1..=64).collect::<Vec<_>>());
        assert_eq!(sequences(&inbox.batch().await), (65..=100).collect::<Vec<_>>());
        assert!(inbox.is_empty() && inbox.take().is_empty());
        inbox.heard(102);
        (101..=103).for_each(|sequence| inbox.put(&frame(sequence, 10)));
        assert_eq!(sequences(&inbox.batch().await), [103]);
    }

    #[test]
    fn who_takes_nothing_is_not_waited_for() {
        let inbox = SubscriberQueue::default();
        (1..=512).for_each(|sequence| inbox.put(&frame(sequence, 10)));
        assert!(!inbox.is_crowded());
        inbox.put(&frame(513, 10));
        assert!(inbox.is_crowded());
        inbox.take();
        inbox.put(&frame(514, 10));
        (515..=600).for_each(|sequence| inbox.put(&frame(sequence, 10)));
        inbox.give_up_unless_read();
        assert!(inbox.is_crowded(), "it reads");
        inbox.give_up_unless_read();
        assert!(!inbox.is_crowded());
        inbox.take();
        (601..=700).for_each(|sequence| inbox.put(&frame(sequence, 10)));
        assert!(inbox.is_crowded(), "it reads again");
    }

    #[tokio::test]
    async fn who_is_too_slow_is_told_by_how_much() {
        let (many, large) = (SubscriberQueue::default(), SubscriberQueue::default());
        (1..=1025).for_each(|sequence| many.put(&frame(sequence, 10)));
        (1..=5).for_each(|sequence| large.put(&frame(sequence, 300 * 1024)));
        assert_eq!(many.dismissed().await, DisconnectReason::TooSlow { behind: 1025 });
        assert_eq!(large.dismissed().await, DisconnectReason::TooSlow { behind: 4 });
        assert!(many.is_empty() && large.is_empty(), "its memory is given back");
    }

    #[tokio::test]
    async fn who_keeps_others_waiting_for_a_second_of_a_minute_is_sent_away() {
        let (inbox, begun) = (SubscriberQueue::default(), Instant::now());
        (1..=600).for_each(|sequence| inbox.put(&frame(sequence, 10)));
        let most = Duration::from_millis(900);
        inbox.charge(most, begun);
        inbox.charge(most, begun + PERIOD);
        assert!(!inbox.is_empty(), "that was another minute");
        inbox.charge(most, begun + PERIOD + Duration::from_secs(30));
        assert_eq!(inbox.dismissed().await, DisconnectReason::TooSlow { behind: 600 });
    }
}
