//! Log returns, overnight gaps and ranges.

use closecast_domain::Bar;

/// Returns the log returns `ln(close_t / close_{t−1})`. First value on day 1.
#[must_use]
pub fn log_returns(closes: &[f64]) -> Vec<f64> {
    first_day_unknown(closes, |pair| (pair[1] / pair[0]).ln())
}

/// Returns the overnight gaps `ln(open_t / close_{t−1})`. First value on day 1.
#[must_use]
pub fn overnight_gaps(bars: &[Bar]) -> Vec<f64> {
    first_day_unknown(bars, |pair| (pair[1].open / pair[0].close).ln())
}

/// Returns the log ranges `ln(high_t / low_t)`; 0 on a flat day. First value on day 0.
#[must_use]
pub fn log_ranges(bars: &[Bar]) -> Vec<f64> {
    bars.iter().map(|bar| (bar.high / bar.low).ln()).collect()
}

/// Returns `change` of each day and the previous one; NaN for the first day.
fn first_day_unknown<T>(days: &[T], change: impl Fn(&[T]) -> f64) -> Vec<f64> {
    let unknown = days.first().map(|_| f64::NAN);
    unknown.into_iter().chain(days.windows(2).map(change)).collect()
}
