//! Counters by symbol, of which there is never more than a bounded number.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use closecast_domain::Symbol;

/// Most symbols that are told apart. Each one is a series for whoever stores the figures.
pub const MOST_SYMBOLS: usize = 200;

/// What all other symbols are counted under.
const OTHER: &str = "other";

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts one.
    pub fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the count.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A counter for each of the first symbols that were asked for, and one for all others.
#[derive(Debug, Default)]
pub struct BySymbol {
    counters: Mutex<BTreeMap<String, Arc<Counter>>>,
    others: Arc<Counter>,
}

impl BySymbol {
    /// Returns the counter of `symbol`, to be held on to: looking it up takes a lock.
    pub fn of(&self, symbol: &Symbol) -> Arc<Counter> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = counters.get(symbol.as_str()) {
            return Arc::clone(counter);
        }
        if counters.len() >= MOST_SYMBOLS {
            return Arc::clone(&self.others);
        }
        Arc::clone(counters.entry(symbol.to_string()).or_default())
    }

    /// Returns the count of all symbols together.
    pub fn total(&self) -> u64 {
        self.counts().iter().map(|(_, count)| count).sum()
    }

    /// Returns the counts by symbol; that of all others is the last one, and there only when there were any.
    pub fn counts(&self) -> Vec<(String, u64)> {
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts: Vec<_> = counters.iter().map(|(symbol, counter)| (symbol.clone(), counter.value())).collect();
        let others = self.others.value();
        if others > 0 {
            counts.push((OTHER.to_owned(), others));
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_beyond_the_bound_are_counted_together() {
        let counted = BySymbol::default();
        for number in 0..MOST_SYMBOLS + 5 {
            counted.of(&Symbol::new(&format!("S{number}")).unwrap()).add_one();
        }
        counted.of(&Symbol::new("S0").unwrap()).add_one();
        let counts = counted.counts();
        assert_eq!(counts.len(), MOST_SYMBOLS + 1);
        assert_eq!(counts.iter().find(|(symbol, _)| symbol == "S0").unwrap().1, 2);
        assert_eq!(counts.last().unwrap(), &(OTHER.to_owned(), 5));
    }
}
