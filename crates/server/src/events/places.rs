//! How many listeners there are: of all, and of each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts listeners.
#[derive(Debug, Default)]
pub(crate) struct ConnectionQuota(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<String, usize>,
}

/// A place among the listeners, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<ConnectionQuota>,
    who: Option<String>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// There are too many listeners.
    Altogether,
    /// There are too many of this one.
    ForThisOne,
}

impl ConnectionQuota {
    /// Returns a place for `who`, while there are fewer than `most`, and fewer than `most_each` of that one. Nobody in particular is
    /// only counted among all.
    ///
    /// # Errors
    /// [`Full`] when there is none.
    pub(crate) fn take(
        self: &Arc<Self>,
        who: Option<String>,
        (most, most_each): (usize, usize),
    ) -> Result<Place, Full> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= most {
            return Err(Full::Altogether);
        }
        if let Some(who) = &who {
            let theirs = taken.by.entry(who.clone()).or_default();
            if *theirs >= most_each {
                return Err(Full::ForThisOne);
            }
            *theirs += 1;
        }
        taken.all += 1;
        drop(taken);
        Ok(Place { places: Arc::clone(self), who })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(who) = &self.who
            && let Some(theirs) = taken.by.get_mut(who)
        {
            *theirs -= 1;
            if *theirs == 0 {
                taken.by.remove(who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let places = Arc::new(ConnectionQuota::default());
        let take = |who: Option<&str>| places.take(who.map(str::to_owned), (4, 2));
        let kept = [take(Some("a")).unwrap(), take(Some("a")).unwrap()];
        assert_eq!(take(Some("a")).unwrap_err(), Full::ForThisOne);
        let others = [take(Some("b")).unwrap(), take(None).unwrap()];
        assert_eq!(take(None).unwrap_err(), Full::Altogether);
        drop(kept);
        assert!(take(Some("a")).is_ok());
        drop(others);
        let taken = places.0.lock().unwrap();
        assert!(taken.all == 0 && taken.by.is_empty(), "nothing is left behind");
    }
}
