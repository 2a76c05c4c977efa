//! Drift forecast: the last close plus the mean step.

use closecast_domain::{Cancel, ForecastError, Forecaster, History, ProgressSink};

use super::random_walk::RandomWalk;

/// The drift forecast: the log price continues with its mean step over the fitted history, `last · exp(k·μ)` for
/// the `k`-th session (Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", section 5.2, on log prices).
///
/// The step is that of the adjusted close, so dividends count as return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Sessions to forecast, from 1 to [`MAX_HORIZON`](super::random_walk::MAX_HORIZON).
    pub horizon: usize,
}

impl Forecaster for Drift {
    type Fitted = RandomWalk;

    /// Estimates the mean return and the spread around it; needs at least two bars.
    fn fit(self, history: &History, cancel: &Cancel, _: &dyn ProgressSink) -> Result<RandomWalk, ForecastError> {
        let (bars, need) = (history.bars(), 2);
        let [first, .., last] = bars else {
            return Err(ForecastError::TooShort { symbol: history.symbol().clone(), have: bars.len(), need });
        };
        let drift = (last.close / first.close).ln() / (bars.len() - 1) as f64;
        RandomWalk::learn("drift", drift, self.horizon, history, cancel)
    }
}
