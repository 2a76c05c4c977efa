//! What somebody wants to hear.

use std::collections::{BTreeMap, BTreeSet};

use closecast_store::EventTopic;

/// Of which symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Of all, and what is about none.
    All,
    /// Of these alone.
    Symbols(BTreeSet<String>),
}

/// What somebody wants to hear, by topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter(BTreeMap<EventTopic, Interest>);

impl Filter {
    /// Returns a filter of `topics` about `symbols`, or about all.
    pub(crate) fn of(topics: &[EventTopic], symbols: Option<&BTreeSet<String>>) -> Self {
        let mut filter = Self::default();
        filter.add(topics, symbols);
        filter
    }

    /// Adds `topics` about `symbols`, or about all.
    pub(crate) fn add(&mut self, topics: &[EventTopic], symbols: Option<&BTreeSet<String>>) {
        for &topic in topics {
            match (self.0.get_mut(&topic), symbols) {
                (Some(Interest::All), _) => {}
                (Some(Interest::Symbols(known)), Some(symbols)) => known.extend(symbols.iter().cloned()),
                (None, Some(symbols)) => {
                    self.0.insert(topic, Interest::Symbols(symbols.clone()));
                }
                (_, None) => {
                    self.0.insert(topic, Interest::All);
                }
            }
        }
    }

    /// Takes away `topics`: as a whole, or `symbols` of them.
    ///
    /// # Errors
    /// A topic of which all symbols are wanted, so that none can be taken away.
    pub(crate) fn remove(
        &mut self,
        topics: &[EventTopic],
        symbols: Option<&BTreeSet<String>>,
    ) -> Result<(), EventTopic> {
        if let (Some(_), Some(&topic)) =
            (symbols, topics.iter().find(|topic| self.0.get(topic) == Some(&Interest::All)))
        {
            return Err(topic);
        }
        for topic in topics {
            match (self.0.get_mut(topic), symbols) {
                (Some(Interest::Symbols(known)), Some(symbols)) => known.retain(|symbol| !symbols.contains(symbol)),
                _ => {
                    self.0.remove(topic);
                }
            }
        }
        self.0.retain(|_, interest| !matches!(interest, Interest::Symbols(known) if known.is_empty()));
        Ok(())
    }

    /// Returns whether news about `topic` and `symbol` is wanted.
    pub(crate) fn wants(&self, topic: EventTopic, symbol: Option<&str>) -> bool {
        match self.0.get(&topic) {
            Some(Interest::All) => true,
            Some(Interest::Symbols(known)) => symbol.is_some_and(|symbol| known.contains(symbol)),
            None => false,
        }
    }

    /// Returns the topics with what is wanted of each.
    pub(crate) fn interests(&self) -> impl Iterator<Item = (EventTopic, &Interest)> {
        self.0.iter().map(|(topic, interest)| (*topic, interest))
    }

    /// Returns how much there is to remember.
    pub(crate) fn size(&self) -> usize {
        let size = |interest: &Interest| if let Interest::Symbols(known) = interest { known.len() } else { 1 };
        self.0.values().map(size).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn what_was_added_is_wanted_until_it_is_taken_away() {
        let (jobs, bars) = (EventTopic::Jobs, EventTopic::Bars);
        let mut filter = Filter::of(&[jobs, bars], Some(&symbols(&["AAPL", "IBM"])));
        assert!(filter.wants(jobs, Some("AAPL")) && !filter.wants(jobs, Some("MSFT")) && !filter.wants(jobs, None));
        assert_eq!(filter.size(), 4);
        filter.add(&[jobs], None);
        assert!(filter.wants(jobs, Some("MSFT")) && filter.wants(jobs, None) && !filter.wants(bars, Some("MSFT")));
        filter.add(&[jobs], Some(&symbols(&["AAPL"])));
        assert!(filter.wants(jobs, None), "less is in more");
        assert_eq!(filter.remove(&[bars, jobs], Some(&symbols(&["AAPL"]))), Err(jobs));
        assert!(filter.wants(bars, Some("AAPL")), "nothing was taken away");
        filter.remove(&[bars], Some(&symbols(&["AAPL", "MSFT"]))).unwrap();
        assert!(!filter.wants(bars, Some("AAPL")) && filter.wants(bars, Some("IBM")));
        filter.remove(&[bars], Some(&symbols(&["IBM"]))).unwrap();
        filter.remove(&[jobs], None).unwrap();
        assert_eq!(filter, Filter::default());
    }
}
