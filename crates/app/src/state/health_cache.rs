//! What was found of the models' health lately.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::Symbol;
use closecast_eval::health;

use super::loaded_model::LoadedModel;

/// How long a finding is given again.
const KEPT: Duration = Duration::from_secs(60);

/// How long a finding goes on to be shown as the last one: they are made daily.
const SHOWN: Duration = Duration::from_hours(26);

/// Most findings that are kept.
const MOST_KEPT: usize = 1000;

/// A symbol, and the model asked of it: the one that serves it when absent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The symbol.
    pub symbol: Symbol,
    /// Name of the model; the one in service for the symbol when absent.
    pub model: Option<String>,
}

/// A model in service for a symbol, and how it is doing.
pub struct Health {
    /// The symbol.
    pub symbol: Symbol,
    /// The model.
    pub served: Arc<LoadedModel>,
    /// Last session stored.
    pub as_of: NaiveDate,
    /// When it was examined.
    pub examined_at: DateTime<Utc>,
    /// What was found.
    pub health: health::Health,
}

/// What was found lately, by symbol and model.
#[derive(Default)]
pub struct KeptHealth(Mutex<BTreeMap<Subject, (Instant, Arc<Health>)>>);

impl KeptHealth {
    /// Returns what was found within the last minute.
    pub(crate) fn get(&self, subject: &Subject) -> Option<Arc<Health>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, health) = kept.get(subject)?;
        (at.elapsed() < KEPT).then(|| Arc::clone(health))
    }

    /// Keeps a finding.
    pub(crate) fn put(&self, subject: Subject, health: &Arc<Health>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            let oldest = kept.iter().min_by_key(|(_, (at, _))| *at).map(|(subject, _)| subject.clone());
            oldest.map(|oldest| kept.remove(&oldest));
        }
        kept.insert(subject, (Instant::now(), Arc::clone(health)));
    }

    /// Returns what was found within a day of the first `most` symbols.
    pub fn newest(&self, most: usize) -> Vec<Arc<Health>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = kept.values().filter(|(at, _)| at.elapsed() < SHOWN);
        shown.take(most).map(|(_, health)| Arc::clone(health)).collect()
    }
}
