//! Values bounded by the memory they take; the one unused for longest goes first.

use std::{collections::HashMap, hash::Hash, sync::Arc};

/// What is kept. Finding a value to drop looks at all of them: there are few, and it comes with a load, which
/// takes far longer.
pub(super) struct Kept<K, T> {
    values: HashMap<K, Value<T>>,
    most_bytes: u64,
    bytes: u64,
    /// Number of uses so far.
    uses: u64,
}

struct Value<T> {
    shared: Arc<T>,
    bytes: u64,
    last_use: u64,
}

impl<K: Clone + Eq + Hash, T> Kept<K, T> {
    /// Returns nothing kept, with room for `most_bytes`.
    pub(super) fn new(most_bytes: u64) -> Self {
        Self { values: HashMap::new(), most_bytes, bytes: 0, uses: 0 }
    }

    /// Returns how many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns the memory that there is room for, in bytes.
    pub(super) fn most_bytes(&self) -> u64 {
        self.most_bytes
    }

    /// Returns the memory that is taken, in bytes; never more than there is room for.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the value of `key`, which is thereby used.
    pub(super) fn get(&mut self, key: &K) -> Option<Arc<T>> {
        let value = self.values.get_mut(key)?;
        self.uses += 1;
        value.last_use = self.uses;
        Some(Arc::clone(&value.shared))
    }

    /// Keeps a value, in place of one of the same key, and returns those that had to go. One for which there is no room at all
    /// is not kept, and nothing goes.
    #[must_use = "what goes is to be dropped where it holds nobody up"]
    pub(super) fn insert(&mut self, key: &K, shared: &Arc<T>, bytes: u64) -> Vec<Arc<T>> {
        if bytes > self.most_bytes {
            return Vec::new();
        }
        let mut gone: Vec<Arc<T>> = self.remove(key).into_iter().collect();
        while self.bytes > self.most_bytes - bytes {
            let Some((oldest, _)) = self.values.iter().min_by_key(|(_, value)| value.last_use) else { break };
            let oldest = oldest.clone();
            gone.extend(self.remove(&oldest));
        }
        self.uses += 1;
        self.bytes += bytes;
        self.values.insert(key.clone(), Value { shared: Arc::clone(shared), bytes, last_use: self.uses });
        gone
    }

    /// Takes out the values that `condition` is true of.
    #[must_use = "what goes is to be dropped where it holds nobody up"]
    pub(super) fn remove_where(&mut self, condition: impl Fn(&K, &T) -> bool) -> Vec<Arc<T>> {
        let matching = self.values.iter().filter(|(key, value)| condition(key, &value.shared));
        let keys: Vec<K> = matching.map(|(key, _)| key.clone()).collect();
        keys.iter().filter_map(|key| self.remove(key)).collect()
    }

    fn remove(&mut self, key: &K) -> Option<Arc<T>> {
        let value = self.values.remove(key)?;
        self.bytes -= value.bytes;
        Some(value.shared)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: u64 = 20;

    /// The same, in the plainest way: the one used last stands last.
    #[derive(Default)]
    struct Plain(Vec<(u8, u64)>);

    impl Plain {
        fn use_(&mut self, key: u8) -> bool {
            let Some(place) = self.0.iter().position(|(kept, _)| *kept == key) else { return false };
            let value = self.0.remove(place);
            self.0.push(value);
            true
        }

        fn insert(&mut self, key: u8, bytes: u64) {
            if bytes > MOST {
                return;
            }
            self.0.retain(|(kept, _)| *kept != key);
            self.0.push((key, bytes));
            while self.bytes() > MOST {
                self.0.remove(0);
            }
        }

        fn bytes(&self) -> u64 {
            self.0.iter().map(|(_, bytes)| bytes).sum()
        }
    }

    proptest! {
        #[test]
        fn it_keeps_what_the_plainest_way_keeps(steps in prop::collection::vec((0..12_u8, prop::option::of(0..25_u64)), 0..200)) {
            let (mut kept, mut plain) = (Kept::new(MOST), Plain::default());
            for (key, insert) in steps {
                match insert {
                    Some(bytes) => {
                        let before = kept.values.len() + usize::from(bytes <= MOST);
                        let gone = kept.insert(&key, &Arc::new(key), bytes);
                        prop_assert_eq!(kept.values.len(), before - gone.len());
                        plain.insert(key, bytes);
                    }
                    None => prop_assert_eq!(kept.get(&key).map(|value| *value), plain.use_(key).then_some(key)),
                }
                prop_assert_eq!(kept.bytes(), plain.bytes());
                prop_assert!(kept.bytes() <= MOST);
                let mut keys: Vec<u8> = kept.values.keys().copied().collect();
                let mut expected: Vec<u8> = plain.0.iter().map(|(key, _)| *key).collect();
                keys.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(keys, expected);
            }
        }
    }
}
