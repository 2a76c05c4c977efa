//! Tomorrow = today plus the average step.

use closecast_domain::{Cancel, ForecastError, Forecaster, History, ProgressSink};

use super::random_walk::RandomWalk;

/// The drift forecast: the log price goes on by its mean step over the history it was fitted on, `last · exp(k·μ)` for
/// the `k`-th session (Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", section 5.2, on log prices).
///
/// The step is that of the adjusted close, so dividends count as return and are not taken off on their ex-date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Sessions to forecast, from 1 to [`MAX_HORIZON`](super::random_walk::MAX_HORIZON).
    pub horizon: usize,
}

impl Forecaster for Drift {
    type Fitted = RandomWalk;

    /// Learns the mean return and the spread around it; two bars are the least it takes.
    fn fit(self, history: &History, cancel: &Cancel, _: &dyn ProgressSink) -> Result<RandomWalk, ForecastError> {
        let (bars, need) = (history.bars(), 2);
        let [first, .., last] = bars else {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: bars.len(), need });
        };
        let drift = (last.close / first.close).ln() / (bars.len() - 1) as f64;
        RandomWalk::learn("drift", drift, self.horizon, history, cancel)
    }
}
