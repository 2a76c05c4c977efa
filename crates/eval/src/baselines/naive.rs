//! Naive forecast: the last close.

use closecast_domain::{Cancel, ForecastError, Forecaster, History, ProgressSink};

use super::random_walk::RandomWalk;

/// The naive forecast: every session closes at the last close. The benchmark of all other forecasts.
///
/// Its interval is estimated from past returns, see [`RandomWalk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naive {
    /// Sessions to forecast, from 1 to [`MAX_HORIZON`](super::random_walk::MAX_HORIZON).
    pub horizon: usize,
}

impl Forecaster for Naive {
    type Fitted = RandomWalk;

    /// Estimates the spread of the returns; with too few bars, forecasts have no quantiles.
    fn fit(self, history: &History, cancel: &Cancel, _: &dyn ProgressSink) -> Result<RandomWalk, ForecastError> {
        RandomWalk::learn("naive", 0.0, self.horizon, history, cancel)
    }
}
