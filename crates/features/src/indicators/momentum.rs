//! Relative strength index and rate of change.

/// Returns the relative strength index, 0 to 100, with Wilder's smoothing. First value on day `period`.
///
/// `100 · gain / (gain + loss)`, where gain and loss are first the plain means over the first `period` changes and from
/// then on `mean_t = mean_{t−1} + (change_t − mean_{t−1})/period`. Wilder (1978), *New Concepts in Technical Trading
/// Systems*; as `RSI` of TA-Lib, except that a constant price gives 50, neither overbought nor oversold (TA-Lib:
/// 0).
#[must_use]
pub fn relative_strength_index(closes: &[f64], period: usize) -> Vec<f64> {
    let mut index = vec![f64::NAN; closes.len()];
    if period == 0 {
        return index;
    }
    let length = period as f64;
    let (mut gain, mut loss) = (0.0, 0.0);
    for day in 1..closes.len() {
        let change = closes[day] - closes[day - 1];
        let (up, down) = (change.max(0.0), (-change).max(0.0));
        if day <= period {
            gain += up / length;
            loss += down / length;
        } else {
            gain += (up - gain) / length;
            loss += (down - loss) / length;
        }
        if day >= period {
            index[day] = strength(gain, loss);
        }
    }
    index
}

fn strength(gain: f64, loss: f64) -> f64 {
    let sum = gain + loss;
    if sum == 0.0 { 50.0 } else { 100.0 * gain / sum }
}

/// Returns the rate of change in percent, `100 · (close_t / close_{t−period} − 1)`. First value on day `period`.
///
/// As `ROC` of TA-Lib.
#[must_use]
pub fn rate_of_change(closes: &[f64], period: usize) -> Vec<f64> {
    let change = |day: usize| match day.checked_sub(period) {
        Some(before) if period > 0 => 100.0 * (closes[day] / closes[before] - 1.0),
        _ => f64::NAN,
    };
    (0..closes.len()).map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_is_0_50_or_100_for_simple_moves() {
        let rising: Vec<f64> = (0..20).map(|day| 100.0 + f64::from(day)).collect();
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        assert_eq!(relative_strength_index(&rising, 14)[19], 100.0);
        assert_eq!(relative_strength_index(&falling, 14)[19], 0.0);
        assert_eq!(relative_strength_index(&[5.0; 20], 14)[19], 50.0);
    }

    #[test]
    fn fall_after_an_opening_rise_counts_from_the_day_before() {
        // Rises of 1 over 5 days, then falls of 1: gain 1·(4/5)³ = 0.512, loss 1 − 0.512.
        let closes = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 104.0, 103.0, 102.0];
        assert!((relative_strength_index(&closes, 5)[8] - 51.2).abs() < 1e-12);
    }
}
