//! The variance of a day from its open, high, low and close.

use closecast_domain::{Bar, ForecastError, History};

/// Floor of a day's variance as a share of the typical variance: a tenth of the volatility. Otherwise the logarithm of a day
/// without a trade would dominate.
const FLOOR_SHARE: f64 = 0.01;

/// Returns the range-based variances of the days of `history` from the second bar on.
///
/// With the logarithms `o, h, l, c` and yesterday's `c₋`, a day's variance is `½(h − l)² − (2 ln 2 − 1)(c − o)² + (o −
/// c₋)²`: the estimator of Garman and Klass ("On the Estimation of Security Price Volatilities from Historical Data",
/// Journal of Business 53, 1980, in the form without the small cross terms) for the session, and the squared return of
/// the night.
pub(super) fn range_variances(history: &History) -> Result<Vec<f64>, ForecastError> {
    let variance = |pair: &[Bar]| {
        let (before, bar) = (&pair[0], &pair[1]);
        let range = (bar.high / bar.low).ln();
        let session = (bar.close / bar.open).ln();
        let night = (bar.open / before.close).ln();
        let value = 0.5 * range * range - (2.0 * std::f64::consts::LN_2 - 1.0) * session * session + night * night;
        if value.is_finite() {
            // Positive except for rounding and for bars whose close is outside the range.
            return Ok(value.max(0.0));
        }
        Err(ForecastError::NonFinite {
            what: format!("the range-based variance of {} on {}", history.symbol(), bar.date),
            diagnosis: format!("open {}, high {}, low {}, close {}", bar.open, bar.high, bar.low, bar.close),
        })
    };
    history.bars().windows(2).map(variance).collect()
}

/// Returns the floor of the variance: a share of the median of `variances`.
pub(super) fn floor(variances: &[f64]) -> f64 {
    let mut sorted = variances.to_vec();
    sorted.sort_by(f64::total_cmp);
    FLOOR_SHARE * sorted[sorted.len() / 2]
}

/// Checks that most days have a high above their low.
///
/// # Errors
/// [`ForecastError::Unsuitable`] otherwise: for sources without highs and lows, and symbols that rarely trade.
pub(super) fn check_ranges(history: &History) -> Result<(), ForecastError> {
    let bars = history.bars();
    let ranged = bars.iter().filter(|bar| bar.high > bar.low).count();
    if 2 * ranged > bars.len() {
        return Ok(());
    }
    Err(ForecastError::Unsuitable(format!(
        "{} has a high above its low on {ranged} of {} days: a range-based volatility needs the daily ranges of a \
         source with open, high and low, or use a baseline that needs closes alone",
        history.symbol(),
        bars.len(),
    )))
}
