//! Input windows of the network, as views into the feature table.

use std::ops::Range;

use crate::Features;

/// Why a window cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// A lookback of 0 days.
    #[error("a lookback of 0 days shows nothing: use at least 1")]
    NoLookback,
    /// Fewer valid rows than a window needs.
    #[error(
        "a lookback of {lookback} days needs {need} sessions and there are {have}: shorten it, or start the history \
         earlier"
    )]
    TooShort {
        /// Window length in days.
        lookback: usize,
        /// Sessions needed, including the warm-up of the features.
        need: usize,
        /// Sessions of the history.
        have: usize,
    },
    /// An origin whose window exceeds the valid rows.
    #[error("day {origin} has no full window: the origins are {first} to {last}")]
    OriginOutOfRange {
        /// Requested origin.
        origin: usize,
        /// First day with a full window.
        first: usize,
        /// Last day.
        last: usize,
    },
}

/// Windows of `lookback` days over a feature table. The window of origin `t` contains days `t − lookback + 1` to `t`; the
/// first origin is `first_valid + lookback − 1`.
#[derive(Clone, Copy, Debug)]
pub struct Windows<'a> {
    features: &'a Features,
    lookback: usize,
}

impl<'a> Windows<'a> {
    /// Returns the windows of `lookback` days.
    ///
    /// # Errors
    /// [`WindowError::NoLookback`] for 0, [`WindowError::TooShort`] when no window fits.
    pub fn new(features: &'a Features, lookback: usize) -> Result<Self, WindowError> {
        if lookback == 0 {
            return Err(WindowError::NoLookback);
        }
        let (need, have) = (features.first_valid().saturating_add(lookback), features.n_days());
        if have < need {
            return Err(WindowError::TooShort { lookback, need, have });
        }
        Ok(Self { features, lookback })
    }

    /// Returns the window length in days.
    #[must_use]
    pub fn lookback(&self) -> usize {
        self.lookback
    }

    /// Returns the number of features per day.
    #[must_use]
    pub fn n_features(&self) -> usize {
        self.features.n_features()
    }

    /// Returns the number of values in a window, `lookback · n_features`.
    #[must_use]
    pub fn window_len(&self) -> usize {
        self.lookback * self.features.n_features()
    }

    /// Returns the days with a full window, never empty.
    #[must_use]
    pub fn origins(&self) -> Range<usize> {
        self.features.first_valid() + self.lookback - 1..self.features.n_days()
    }

    /// Returns the window of one origin, row-major `[lookback, feature]`, oldest day first.
    ///
    /// # Errors
    /// [`WindowError::OriginOutOfRange`] outside [`origins`](Self::origins).
    pub fn window(&self, origin: usize) -> Result<&'a [f32], WindowError> {
        let origins = self.origins();
        if !origins.contains(&origin) {
            return Err(WindowError::OriginOutOfRange { origin, first: origins.start, last: origins.end - 1 });
        }
        let width = self.features.n_features();
        Ok(&self.features.as_slice()[(origin + 1 - self.lookback) * width..(origin + 1) * width])
    }

    /// Returns the windows of the origins in `range`, each with its origin, in order.
    pub fn iter(&self, range: Range<usize>) -> impl Iterator<Item = (usize, &'a [f32])> + use<'a> {
        let windows = *self;
        let origins = windows.origins();
        (range.start.max(origins.start)..range.end.min(origins.end))
            .filter_map(move |origin| windows.window(origin).ok().map(|window| (origin, window)))
    }

    /// Replaces the contents of `batch` with the windows of `origins`, row-major `[origin, lookback, feature]`.
    ///
    /// # Errors
    /// [`WindowError::OriginOutOfRange`] for the first origin outside [`origins`](Self::origins); `batch` then holds
    /// those before it.
    pub fn gather(&self, origins: impl IntoIterator<Item = usize>, batch: &mut Vec<f32>) -> Result<(), WindowError> {
        batch.clear();
        for origin in origins {
            batch.extend_from_slice(self.window(origin)?);
        }
        Ok(())
    }
}
