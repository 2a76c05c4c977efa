//! Moving average convergence/divergence.

use super::moving_average::exponential_moving_average;

/// The three lines of MACD, in the currency of the closes, one value per day.
#[derive(Clone, Debug, PartialEq)]
pub struct Macd {
    /// Fast minus slow exponential average. First value on day `slow − 1`.
    pub line: Vec<f64>,
    /// Exponential average of the line. First value on day `slow + signal − 2`.
    pub signal: Vec<f64>,
    /// Line minus signal. First value on day `slow + signal − 2`.
    pub histogram: Vec<f64>,
}

/// Returns MACD (Appel 1979) with the periods `fast` < `slow` and `signal`; 12, 26 and 9 are customary.
///
/// As `MACD` of TA-Lib: both averages start on day `slow − 1`, each from the simple mean of its last days, and the signal
/// from the simple mean of the line's first `signal` values. (TA-Lib outputs the line only from the signal's first day on.)
#[must_use]
pub fn macd(closes: &[f64], fast: usize, slow: usize, signal: usize) -> Macd {
    let start = slow.saturating_sub(1);
    let fast_average = exponential_moving_average(closes, fast, start);
    let slow_average = exponential_moving_average(closes, slow, start);
    let line = difference(&fast_average, &slow_average);
    let signal = exponential_moving_average(&line, signal, start.saturating_add(signal.saturating_sub(1)));
    let histogram = difference(&line, &signal);
    Macd { line, signal, histogram }
}

fn difference(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(a, b)| a - b).collect()
}
