//! Those who listen, by number and by what they want to hear.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use closecast_store::EventTopic;

use super::{
    filter::{Filter, Interest},
    inbox::SubscriberQueue,
};

/// Those who listen.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    last: u64,
    pub(super) by_number: HashMap<u64, Listener>,
    by_topic: HashMap<EventTopic, OfTopic>,
}

#[derive(Debug)]
pub(super) struct Listener {
    pub(super) inbox: Arc<SubscriberQueue>,
    filter: Filter,
    /// Identifier of the key.
    pub(super) key: Option<String>,
}

/// Those who listen to a topic. None is in both, so that nobody hears anything twice.
#[derive(Debug, Default)]
struct OfTopic {
    all: HashMap<u64, Arc<SubscriberQueue>>,
    by_symbol: HashMap<String, HashMap<u64, Arc<SubscriberQueue>>>,
}

impl Listeners {
    /// Adds somebody who wants to hear nothing as yet, and returns the number.
    pub(super) fn add(&mut self, inbox: Arc<SubscriberQueue>, key: Option<String>) -> u64 {
        self.last += 1;
        self.by_number.insert(self.last, Listener { inbox, filter: Filter::default(), key });
        self.last
    }

    /// Takes somebody away.
    pub(super) fn remove(&mut self, number: u64) {
        self.replace(number, Filter::default());
        self.by_number.remove(&number);
    }

    /// Returns the inboxes of those who want news of `topic` that is about `symbol`, or about none.
    pub(super) fn inboxes(
        &self,
        topic: EventTopic,
        symbol: Option<&str>,
    ) -> impl Iterator<Item = &Arc<SubscriberQueue>> {
        let of_topic = self.by_topic.get(&topic);
        let of_symbol = of_topic.zip(symbol).and_then(|(topic, symbol)| topic.by_symbol.get(symbol));
        let all = of_topic.into_iter().flat_map(|topic| topic.all.values());
        all.chain(of_symbol.into_iter().flat_map(HashMap::values))
    }

    /// Lets somebody hear what `filter` wants, and nothing else.
    pub(super) fn replace(&mut self, number: u64, filter: Filter) {
        let Some(listener) = self.by_number.get_mut(&number) else { return };
        let before = std::mem::replace(&mut listener.filter, filter);
        for (topic, interest) in before.interests() {
            self.by_topic.entry(topic).or_default().remove(number, interest);
        }
        for (topic, interest) in listener.filter.interests() {
            self.by_topic.entry(topic).or_default().add(number, interest, &listener.inbox);
        }
    }
}

impl OfTopic {
    fn add(&mut self, number: u64, interest: &Interest, inbox: &Arc<SubscriberQueue>) {
        match interest {
            Interest::All => {
                self.all.insert(number, Arc::clone(inbox));
            }
            Interest::Symbols(symbols) => {
                for symbol in symbols {
                    self.by_symbol.entry(symbol.clone()).or_default().insert(number, Arc::clone(inbox));
                }
            }
        }
    }

    fn remove(&mut self, number: u64, interest: &Interest) {
        match interest {
            Interest::All => {
                self.all.remove(&number);
            }
            Interest::Symbols(symbols) => {
                for symbol in symbols {
                    if let Entry::Occupied(mut of_symbol) = self.by_symbol.entry(symbol.clone()) {
                        of_symbol.get_mut().remove(&number);
                        if of_symbol.get().is_empty() {
                            of_symbol.remove();
                        }
                    }
                }
            }
        }
    }
}
