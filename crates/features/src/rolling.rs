//! Rolling aggregates, in constant time per day independent of the window.

use crate::moments::Moments;

/// Returns, for each day, `join` over that day and the `window − 1` before it; `None` during the first `window − 1`
/// days.
///
/// The days are split into blocks of `window` (van Herk 1992): a window is the end of one block joined with the start of
/// the next. There are at most three joins per day and no subtraction, so that neither a NaN nor a large number has an
/// effect outside its window. Day `t` depends on days `≤ t` only: suffixes of a block are computed when it is complete.
pub(crate) fn rolling<T: Copy>(values: &[T], window: usize, join: impl Fn(T, T) -> T) -> Vec<Option<T>> {
    let mut joined = vec![None; values.len()];
    if window == 0 {
        return joined;
    }
    let mut ends: Vec<T> = Vec::new();
    for (index, block) in values.chunks(window).enumerate() {
        let mut start: Option<T> = None;
        for (offset, &value) in block.iter().enumerate() {
            let so_far = start.map_or(value, |sum| join(sum, value));
            start = Some(so_far);
            joined[index * window + offset] =
                if offset + 1 == window { Some(so_far) } else { ends.get(offset + 1).map(|&end| join(end, so_far)) };
        }
        ends = ends_of(block, &join);
    }
    joined
}

/// Returns `join` over each suffix of the block: at `i`, over the days from `i` to the block's last.
fn ends_of<T: Copy>(block: &[T], join: impl Fn(T, T) -> T) -> Vec<T> {
    let mut ends = block.to_vec();
    for i in (1..ends.len()).rev() {
        ends[i - 1] = join(ends[i - 1], ends[i]);
    }
    ends
}

/// Returns the mean of the last `window` values; NaN during the first `window − 1` days and where a value is NaN.
pub(crate) fn rolling_mean(values: &[f64], window: usize) -> Vec<f64> {
    let sums = rolling(values, window, |a, b| a + b);
    sums.into_iter().map(|sum| sum.map_or(f64::NAN, |sum| sum / window as f64)).collect()
}

/// Returns the maximum of the last `window` values, or of all values so far if there are fewer.
pub(crate) fn rolling_maximum(values: &[f64], window: usize) -> Vec<f64> {
    let mut so_far = f64::NEG_INFINITY;
    let largest = rolling(values, window, f64::max).into_iter().zip(values);
    largest
        .map(|(whole, &value)| {
            so_far = so_far.max(value);
            whole.unwrap_or(so_far)
        })
        .collect()
}

/// Returns the sample variance (divisor n − 1) of the last `window` values; NaN as in [`rolling_mean`].
pub(crate) fn rolling_variance(values: &[f64], window: usize) -> Vec<f64> {
    let each: Vec<Moments> = values.iter().map(|&value| Moments::of(value)).collect();
    let windows = rolling(&each, window, Moments::join);
    windows.into_iter().map(|moments| moments.map_or(f64::NAN, Moments::sample_variance)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_exactly_the_days_of_the_window() {
        let days: Vec<(usize, usize)> = (0..23).map(|day| (day, day)).collect();
        for window in 1..=25 {
            // Joining only adjacent days proves that no day is missing, repeated or out of order.
            let spans = rolling(&days, window, |a, b| {
                assert_eq!(a.1 + 1, b.0);
                (a.0, b.1)
            });
            for (day, span) in spans.into_iter().enumerate() {
                assert_eq!(span, (day + 1 >= window).then(|| (day + 1 - window, day)), "window {window}, day {day}");
            }
        }
    }

    #[test]
    fn huge_value_has_no_effect_after_its_window() {
        let mut values = vec![0.1; 30];
        values[4] = 1e17;
        assert_eq!(rolling_mean(&values, 3)[8], (0.1 + 0.1 + 0.1) / 3.0);
        assert_eq!(rolling_variance(&values, 3)[8], 0.0);
    }

    #[test]
    fn nan_has_no_effect_after_its_window() {
        let mut values = vec![1.0; 12];
        values[4] = f64::NAN;
        let nan_days: Vec<usize> =
            rolling_mean(&values, 3).iter().enumerate().filter(|(_, mean)| mean.is_nan()).map(|(day, _)| day).collect();
        assert_eq!(nan_days, [0, 1, 4, 5, 6]);
    }

    #[test]
    fn empty_window_gives_no_value() {
        assert!(rolling_mean(&[1.0, 2.0], 0).iter().all(|mean| mean.is_nan()));
        assert!(rolling_mean(&[], 3).is_empty());
    }
}
