//! Scales with ticks at round places.

use chrono::{Datelike, Months, NaiveDate};

/// Most ticks of an axis of numbers.
const MOST_TICKS: f64 = 7.0;

/// Most ticks of an axis of dates, but for one: their labels are wider.
const MOST_DATES: i32 = 4;

/// A scale from `low` to `high`, which differ, with labels at some places.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Returns a scale that holds all values, with a little room at both ends.
    pub(super) fn numbers(values: impl IntoIterator<Item = f64>) -> Self {
        Self::ticked(values, |value, decimals| format!("{value:.decimals$}"))
    }

    /// Returns the same for shares, whose ticks are percentages.
    pub(super) fn shares(values: impl IntoIterator<Item = f64>) -> Self {
        let mut axis = Self::ticked(values.into_iter().map(|share| 100.0 * share), |value, decimals| {
            format!("{value:.decimals$} %")
        });
        (axis.low, axis.high) = (axis.low / 100.0, axis.high / 100.0);
        for (place, _) in &mut axis.ticks {
            *place /= 100.0;
        }
        axis
    }

    /// Returns a scale from the first to the last date, with ticks at the beginnings of months; positions are by [`place`].
    pub(super) fn dates(dates: impl IntoIterator<Item = NaiveDate>) -> Self {
        let dates: Vec<NaiveDate> = dates.into_iter().collect();
        let (Some(&first), Some(&last)) = (dates.iter().min(), dates.iter().max()) else {
            return Self { low: 0.0, high: 1.0, ticks: Vec::new() };
        };
        let month = |date: NaiveDate| 12 * date.year() + date.month0().cast_signed();
        let months = month(last) - month(first);
        let step = [1, 2, 3, 6].into_iter().find(|step| months / step <= MOST_DATES);
        let step = step.unwrap_or(12 * (months / (12 * MOST_DATES)).max(1));
        let starts = (0..=months).filter_map(|ahead| {
            let start = first.with_day(1)?.checked_add_months(Months::new(ahead.unsigned_abs()))?;
            let labelled = start >= first && start <= last && month(start) % step == 0;
            labelled.then(|| (place(start), start.format("%Y-%m").to_string()))
        });
        let (low, high) = apart(place(first), place(last));
        Self { low, high, ticks: starts.collect() }
    }

    fn ticked(values: impl IntoIterator<Item = f64>, label: impl Fn(f64, usize) -> String) -> Self {
        let (low, high) = values
            .into_iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low.is_finite() && high.is_finite() { apart(low, high) } else { (0.0, 1.0) };
        let room = 0.04 * (high - low);
        let (low, high) = (low - room, high + room);
        let step = round_step((high - low) / MOST_TICKS);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let count = ((high / step).floor() - (low / step).ceil()) as usize;
        // Minus zero reads badly.
        let ticks = (0..=count).map(|n| ((low / step).ceil() + n as f64) * step + 0.0);
        Self { low, high, ticks: ticks.map(|value| (value, label(value, decimals))).collect() }
    }
}

/// Returns the position of a date on an axis of dates.
pub(super) fn place(date: NaiveDate) -> f64 {
    f64::from(date.num_days_from_ce())
}

/// Returns the two with some room between them.
fn apart(low: f64, high: f64) -> (f64, f64) {
    let least = 1e-6 * low.abs().max(high.abs()).max(1e-6);
    if high - low > least { (low, high) } else { (low - 1e3 * least, high + 1e3 * least) }
}

/// Returns the smallest of 1, 2, 5, 10, 20 … (or a tenth, a hundredth) that is not below `least`.
fn round_step(least: f64) -> f64 {
    let power = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|factor| factor * power).find(|&step| step >= least).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_within() {
        let axis = Axis::numbers([0.93, 1.04, 0.98]);
        assert_eq!(labels(&axis), ["0.94", "0.96", "0.98", "1.00", "1.02", "1.04"]);
        assert_eq!(labels(&Axis::shares([0.0, 1.0])), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(labels(&Axis::numbers([-3.0, 3.0])), ["-3", "-2", "-1", "0", "1", "2", "3"]);
        for values in [vec![], vec![5.0], vec![0.0, 0.0], vec![1e9, 1e9], vec![f64::NAN]] {
            let axis = Axis::numbers(values.clone());
            assert!(axis.low < axis.high && axis.ticks.len() < 12, "{values:?}: {axis:?}");
            assert!(axis.ticks.iter().all(|(at, _)| (axis.low..=axis.high).contains(at)), "{values:?}: {axis:?}");
        }
    }

    #[test]
    fn dates_are_labelled_by_month() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let quarter = Axis::dates([day("2023-03-01"), day("2023-01-03")]);
        assert_eq!(labels(&quarter), ["2023-02", "2023-03"]);
        let year = Axis::dates([day("2023-01-03"), day("2024-01-03")]);
        assert_eq!(labels(&year), ["2023-04", "2023-07", "2023-10", "2024-01"]);
        assert_eq!((year.low, year.high), (place(day("2023-01-03")), place(day("2024-01-03"))));
        for days in [1, 40, 400, 4000, 12_000] {
            let axis = Axis::dates([day("1999-12-31"), day("1999-12-31") + chrono::Days::new(days)]);
            assert!(axis.ticks.len() <= 7 && axis.low < axis.high, "{days}: {axis:?}");
        }
        assert_eq!(Axis::dates([]).ticks, []);
    }
}
