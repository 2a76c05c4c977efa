//! What a rule answers when it is broken.

use std::fmt;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// Crate or file, with the line where there is one.
    place: String,
    /// What is wrong.
    fault: String,
    /// What to do instead.
    remedy: &'static str,
}

impl Breach {
    pub(crate) fn new(place: impl Into<String>, fault: impl Into<String>, remedy: &'static str) -> Self {
        Self { place: place.into(), fault: fault.into(), remedy }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}. {}", self.place, self.fault, self.remedy)
    }
}
