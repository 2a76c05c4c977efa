//! Simple and exponential moving averages.

use crate::rolling::rolling_mean;

/// Returns the simple moving average of the last `period` values. First value on day `period − 1`.
///
/// As `SMA` of TA-Lib and `rolling(period).mean()` of pandas.
#[must_use]
pub fn simple_moving_average(values: &[f64], period: usize) -> Vec<f64> {
    rolling_mean(values, period)
}

/// Returns the exponential moving average `e_t = e_{t−1} + 2/(period + 1) · (value_t − e_{t−1})` from day `first` on.
///
/// The seed `e_first` is the simple mean of the `period` values up to `first`, as in TA-Lib's `TA_INT_EMA`; with `first
/// = period − 1` it is TA-Lib's `EMA`. There are no values if `first + 1 < period`: the seed would need earlier days.
#[must_use]
pub fn exponential_moving_average(values: &[f64], period: usize, first: usize) -> Vec<f64> {
    let mut averages = vec![f64::NAN; values.len()];
    if period == 0 || first >= values.len() || first + 1 < period {
        return averages;
    }
    let weight = 2.0 / (period as f64 + 1.0);
    let mut average = values[first + 1 - period..=first].iter().sum::<f64>() / period as f64;
    averages[first] = average;
    for day in first + 1..values.len() {
        average += weight * (values[day] - average);
        averages[day] = average;
    }
    averages
}
