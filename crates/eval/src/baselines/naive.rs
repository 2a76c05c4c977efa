//! Tomorrow = today.

use closecast_domain::{Cancel, ForecastError, Forecaster, History, ProgressSink};

use super::random_walk::RandomWalk;

/// The naive forecast: every coming session closes where the last one did. The yardstick of all others.
///
/// Its interval comes from the returns it has seen, see [`RandomWalk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naive {
    /// Sessions to forecast, from 1 to [`MAX_HORIZON`](super::random_walk::MAX_HORIZON).
    pub horizon: usize,
}

impl Forecaster for Naive {
    type Fitted = RandomWalk;

    /// Learns the spread of the returns; one bar is enough, but leaves the forecasts without quantiles.
    fn fit(self, history: &History, cancel: &Cancel, _: &dyn ProgressSink) -> Result<RandomWalk, ForecastError> {
        RandomWalk::learn("naive", 0.0, self.horizon, history, cancel)
    }
}
