//! Locates a window of closes in a history.

use chrono::NaiveDate;

use super::History;

/// Minimum number of closes: fewer may match by chance.
const MIN_CLOSES: usize = 20;

/// Relative tolerance: files round to six decimals.
const TOLERANCE: f64 = 1e-6;

impl History {
    /// Returns the history up to the session whose quoted closes, with the previous ones, equal `closes`, oldest first.
    /// The session is `on`, or the last one. `None` if the closes differ or are fewer than 20.
    #[must_use]
    pub fn ending_with(&self, closes: &[f64], on: Option<NaiveDate>) -> Option<Self> {
        let end = on.map_or(Some(self.len() - 1), |date| self.position(date))? + 1;
        let start = end.checked_sub(closes.len()).filter(|_| closes.len() >= MIN_CLOSES)?;
        let same = |(bar, close): (&crate::Bar, &f64)| (bar.raw_close - close).abs() <= TOLERANCE * bar.raw_close;
        let all = self.bars()[start..end].iter().zip(closes).all(same);
        self.first_bars(end).ok().filter(|_| all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bar;

    fn history(days: usize) -> History {
        let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
        let bar = |(day, date): (usize, NaiveDate)| {
            let close = 100.0 + day as f64;
            Bar { date, open: close, high: close, low: close, close: close / 2.0, raw_close: close, volume: 1.0 }
        };
        History::from_checked("A".parse().unwrap(), None, first.iter_days().take(days).enumerate().map(bar).collect())
            .unwrap()
    }

    #[test]
    fn ending_with_finds_closes_at_the_end_or_on_a_date() {
        let history = history(60);
        let closes: Vec<f64> = history.bars().iter().map(|bar| bar.raw_close).collect();
        assert_eq!(history.ending_with(&closes[30..], None).unwrap().len(), 60);
        let on = history.bars()[49].date;
        assert_eq!(history.ending_with(&closes[20..50], Some(on)).unwrap().last().date, on);
        assert_eq!(history.ending_with(&closes[20..50], None), None, "they end on another day");
        assert_eq!(history.ending_with(&closes[50..], None), None, "too few");
        let rounded: Vec<f64> = closes.iter().map(|close| close * (1.0 + 5e-7)).collect();
        assert!(history.ending_with(&rounded, None).is_some());
        let mut other = closes.clone();
        other[40] *= 1.0001;
        assert_eq!(history.ending_with(&other, None), None);
        assert_eq!(history.ending_with(&[closes, vec![1.0]].concat(), None), None, "more than there are");
        assert_eq!(history.ending_with(&[f64::NAN; 30], None), None);
        assert_eq!(history.ending_with(&rounded, NaiveDate::from_ymd_opt(1990, 1, 1)), None);
    }
}
