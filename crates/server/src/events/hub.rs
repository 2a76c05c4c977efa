//! Who listens to what.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::extract::ws::Utf8Bytes;
use closecast_store::{EventTopic, Store};
use tokio::sync::{Notify, Semaphore, SemaphorePermit, watch};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use super::{
    filter::Filter,
    inbox::{DisconnectReason, Frame, SubscriberQueue},
    listeners::Listeners,
    places::{ConnectionQuota, Full, Place},
};

/// Listeners that read the past from the database at a time.
const READERS: usize = 4;

/// How long the newest news may take to get here.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who listens to what. The lock is held while a piece of news is handed out, so that whoever begins to listen hears either all of it or
/// nothing, and knows which.
#[derive(Debug)]
pub(crate) struct EventBroadcaster {
    listeners: Mutex<Listeners>,
    /// Number of the last piece of news that was handed out; -1 before the first look.
    head: watch::Sender<i64>,
    wanted: Notify,
    readers: Semaphore,
    places: Arc<ConnectionQuota>,
    stopping: CancellationToken,
    conversations: TaskTracker,
}

/// A listener's end of the hub; it stops listening when dropped.
#[derive(Debug)]
pub(crate) struct Subscription {
    hub: Arc<EventBroadcaster>,
    number: u64,
    pub(crate) inbox: Arc<SubscriberQueue>,
}

/// The newest news cannot be read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotFresh;

impl Default for EventBroadcaster {
    fn default() -> Self {
        Self {
            listeners: Mutex::default(),
            head: watch::Sender::new(-1),
            wanted: Notify::new(),
            readers: Semaphore::new(READERS),
            places: Arc::default(),
            stopping: CancellationToken::new(),
            conversations: TaskTracker::new(),
        }
    }
}

impl EventBroadcaster {
    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a place for a listener; see [`ConnectionQuota::take`].
    ///
    /// # Errors
    /// [`Full`] when there is none.
    pub(crate) fn place(&self, who: Option<String>, most: (usize, usize)) -> Result<Place, Full> {
        self.places.take(who, most)
    }

    /// Begins to listen, to nothing as yet, with the key of that identifier.
    pub(crate) fn listen(self: &Arc<Self>, key: Option<String>) -> Subscription {
        let inbox = Arc::new(SubscriberQueue::default());
        let mut listeners = self.listeners();
        let number = listeners.add(Arc::clone(&inbox), key);
        Subscription { hub: Arc::clone(self), number, inbox }
    }

    /// Hands out a piece of news; it is written down only if somebody wants it, and then once. Returns the bytes of what was handed out.
    pub(crate) fn tell(
        &self,
        (sequence, topic, symbol): (i64, EventTopic, Option<&str>),
        text: impl FnOnce() -> Option<Utf8Bytes>,
    ) -> usize {
        let mut bytes = 0;
        let listeners = self.listeners();
        let mut inboxes = listeners.inboxes(topic, symbol).peekable();
        if inboxes.peek().is_some()
            && let Some(text) = text()
        {
            bytes = text.len();
            let frame = Frame { sequence, text };
            inboxes.for_each(|inbox| inbox.put(&frame));
        }
        self.head.send_replace(sequence);
        bytes
    }

    /// Returns whether the inbox of somebody who does read is filling up.
    pub(super) fn is_crowded(&self) -> bool {
        self.listeners().by_number.values().any(|listener| listener.inbox.is_crowded())
    }

    /// Waits no more for those whose inbox is filling up and who have not read since the last time, until they do.
    pub(super) fn give_up_on_silent(&self) {
        let listeners = self.listeners();
        let crowded = listeners.by_number.values().filter(|listener| listener.inbox.is_crowded());
        crowded.for_each(|listener| listener.inbox.give_up_unless_read());
    }

    /// Holds `waited` against those whose inbox is filling up and for whom the others wait. Where most are behind, they are not slow, but
    /// this machine is.
    pub(super) fn charge_slow(&self, waited: Duration) {
        let listeners = self.listeners();
        let crowded = || listeners.by_number.values().filter(|listener| listener.inbox.is_crowded());
        if crowded().count() <= listeners.by_number.len() / 2 {
            let now = Instant::now();
            crowded().for_each(|listener| listener.inbox.charge(waited, now));
        }
    }

    /// Takes note that there is nothing to hand out up to `sequence`.
    pub(crate) fn reach(&self, sequence: i64) {
        let _listeners = self.listeners();
        self.head.send_replace(sequence);
    }

    /// Begins anew after `sequence`: what was told before were the numbers of another database.
    pub(super) fn begin_anew(&self, sequence: i64) {
        let listeners = self.listeners();
        listeners.by_number.values().for_each(|listener| listener.inbox.begin_anew());
        self.head.send_replace(sequence);
    }

    /// Returns the number of the last piece of news that was handed out.
    pub(super) fn head(&self) -> i64 {
        *self.head.borrow()
    }

    /// Returns whether nobody listens.
    pub(crate) fn is_idle(&self) -> bool {
        self.listeners().by_number.is_empty()
    }

    /// Returns when somebody wants the newest news at once.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Waits until all news that is stored by now was handed out, and returns the number of the newest.
    ///
    /// # Errors
    /// [`NotFresh`] when the database does not answer.
    pub(crate) async fn fresh(&self, store: &Store) -> Result<i64, NotFresh> {
        let newest = store.events().newest().await.map_err(|error| {
            tracing::debug!("the newest news cannot be asked for: {error}");
            NotFresh
        })?;
        let mut head = self.head.subscribe();
        self.wanted.notify_one();
        let reached = tokio::time::timeout(PATIENCE, head.wait_for(|&head| head >= newest)).await;
        reached.map_err(|_late| NotFresh)?.map_err(|_gone| NotFresh)?;
        Ok(newest)
    }

    /// Waits for the turn to read the past.
    pub(crate) async fn reader(&self) -> Option<SemaphorePermit<'_>> {
        self.readers.acquire().await.ok()
    }

    /// Returns the identifiers of the keys with which somebody listens.
    pub(super) fn keys(&self) -> HashSet<String> {
        self.listeners().by_number.values().filter_map(|listener| listener.key.clone()).collect()
    }

    /// Sends away all who listen with a key.
    pub(crate) fn dismiss(&self, key: &str) {
        let listeners = self.listeners();
        let theirs = listeners.by_number.values().filter(|listener| listener.key.as_deref() == Some(key));
        theirs.for_each(|listener| listener.inbox.dismiss(DisconnectReason::KeyRevoked));
    }

    /// Returns whether anybody listens without a key.
    pub(super) fn has_keyless(&self) -> bool {
        self.listeners().by_number.values().any(|listener| listener.key.is_none())
    }

    /// Sends away all who listen without a key.
    pub(crate) fn dismiss_keyless(&self) {
        let listeners = self.listeners();
        let theirs = listeners.by_number.values().filter(|listener| listener.key.is_none());
        theirs.for_each(|listener| listener.inbox.dismiss(DisconnectReason::KeyNeeded));
    }

    /// Tells all who listen that this is the end.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
        self.conversations.close();
    }

    /// Returns what is cancelled when all should end.
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Returns what a conversation holds until it has ended.
    pub(crate) fn conversation(&self) -> TaskTrackerToken {
        self.conversations.token()
    }

    /// Returns when all conversations have ended.
    pub(crate) async fn ended(&self) {
        self.conversations.wait().await;
    }
}

impl Subscription {
    /// Hears what `filter` wants from now on, and nothing else. Returns the number after which that is.
    pub(crate) fn change(&self, filter: Filter) -> i64 {
        let mut listeners = self.hub.listeners();
        listeners.replace(self.number, filter);
        self.hub.head()
    }

    /// The same, for somebody who has heard all up to `heard`. Returns whether nothing was handed out since; if something was, nothing is
    /// changed, and it must be read first.
    pub(crate) fn join(&self, filter: &Filter, heard: i64) -> bool {
        let mut listeners = self.hub.listeners();
        if heard < self.hub.head() {
            return false;
        }
        self.inbox.heard(heard);
        listeners.replace(self.number, filter.clone());
        true
    }

    /// Returns up to which number all that is wanted has been heard by somebody who was last sent `sent`.
    pub(crate) fn position(&self, sent: i64) -> i64 {
        let _listeners = self.hub.listeners();
        if self.inbox.is_empty() { self.hub.head().max(sent) } else { sent }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.listeners().remove(self.number);
    }
}
