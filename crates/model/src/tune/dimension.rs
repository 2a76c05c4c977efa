//! The values of one numeric field in the search space.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::draw::Draws;
use crate::SpecError;

/// The values of one numeric field. In a file, a single value is fixed, a list gives alternatives, and a table is an
/// [`Interval`].
#[derive(Clone, Debug, PartialEq)]
pub enum Dimension<T> {
    /// One of these values with equal probability; a single value is fixed.
    OneOf(Vec<T>),
    /// Any value of an interval.
    Between(Interval<T>),
}

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval<T> {
    /// The smallest value.
    pub from: T,
    /// The largest value.
    pub to: T,
    /// Whether values are drawn uniformly on a logarithmic scale.
    #[serde(default)]
    pub log: bool,
    /// A value that is drawn with probability ½ instead, such as 0 in addition to a logarithmic interval.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub or: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> Interval<T> {
    /// Returns the interval on a linear scale.
    pub fn linear(from: T, to: T) -> Self {
        Self { from, to, log: false, or: None }
    }

    /// Returns the interval on a logarithmic scale.
    pub fn log(from: T, to: T) -> Self {
        Self { from, to, log: true, or: None }
    }
}

/// A numeric type of a hyperparameter.
pub trait Number: Copy + PartialOrd + fmt::Display {
    /// Returns the value as `f64`.
    fn real(self) -> f64;

    /// Maps `unit`, in [0, 1), to a value of the interval.
    fn at(unit: f64, interval: &Interval<Self>) -> Self
    where
        Self: Sized;
}

impl Number for usize {
    fn real(self) -> f64 {
        self as f64
    }

    fn at(unit: f64, interval: &Interval<Self>) -> Self {
        // Every integer gets a share of equal length, so that the last one is as likely as the others.
        let (from, end) = (interval.from.real(), interval.to.real() + 1.0);
        (on_the_way(unit, from, end, interval.log).floor() as usize).clamp(interval.from, interval.to)
    }
}

impl Number for f64 {
    fn real(self) -> f64 {
        self
    }

    fn at(unit: f64, interval: &Interval<Self>) -> Self {
        let value = on_the_way(unit, interval.from, interval.to, interval.log);
        // Three significant digits: finer differences do not matter to a search, and the values stay readable.
        let rounded = format!("{value:.2e}").parse().unwrap_or(value);
        rounded.clamp(interval.from, interval.to)
    }
}

fn on_the_way(unit: f64, from: f64, to: f64, log: bool) -> f64 {
    if log { (from.ln() + unit * (to.ln() - from.ln())).exp() } else { from + unit * (to - from) }
}

impl<T: Number> Dimension<T> {
    /// Refuses an empty list and an invalid interval.
    pub(super) fn check(&self, field: &'static str) -> Result<(), SpecError> {
        let refuse = |value: String, allowed: &str| Err(SpecError { field, value, allowed: allowed.to_owned() });
        match self {
            Self::OneOf(values) if values.is_empty() => refuse("an empty list".to_owned(), "a list of values"),
            Self::OneOf(_) => Ok(()),
            Self::Between(Interval { from, to, log, .. }) => {
                let value = format!("from {from} to {to}");
                if !(from.real().is_finite() && to.real().is_finite() && from < to) {
                    return refuse(value, "from a smaller to a larger number");
                }
                if *log && from.real() <= 0.0 {
                    return refuse(format!("{value} on a logarithmic scale"), "above 0; add `or = 0` to also try 0");
                }
                Ok(())
            }
        }
    }

    /// Returns the value if the dimension has only one.
    pub(super) fn fixed(&self) -> Option<T> {
        match self {
            Self::OneOf(values) if values.iter().all(|value| values.first() == Some(value)) => values.first().copied(),
            _ => None,
        }
    }

    /// Returns the bounds of the values.
    pub(super) fn extremes(&self) -> Vec<T> {
        match self {
            Self::OneOf(values) => values.clone(),
            Self::Between(Interval { from, to, or, .. }) => [*from, *to].into_iter().chain(*or).collect(),
        }
    }

    /// Draws a value; `None` for an empty list.
    pub(super) fn draw(&self, field: &str, draws: &Draws) -> Option<T> {
        match self {
            Self::OneOf(values) => values.get(draws.below(field, values.len())).copied(),
            Self::Between(Interval { or: Some(or), .. }) if draws.unit(&format!("{field}.or")) < 0.5 => Some(*or),
            Self::Between(interval) => Some(T::at(draws.unit(field), interval)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn<T: Number>(dimension: &Dimension<T>) -> Vec<T> {
        (0..4_000).filter_map(|trial| dimension.draw("x", &Draws { seed: 1, trial, attempt: 0 })).collect()
    }

    #[test]
    fn integers_of_an_interval_are_drawn_equally_often() {
        let drawn = drawn(&Dimension::Between(Interval::linear(3, 6)));
        for value in 3..=6 {
            let count = drawn.iter().filter(|other| **other == value).count();
            assert!((900..1_100).contains(&count), "{value}: {count}");
        }
        assert_eq!(drawn.len(), 4_000);
    }

    #[test]
    fn logarithmic_interval_draws_every_decade_equally_and_the_alternative_half_of_the_time() {
        let interval = Interval { or: Some(0.0), ..Interval::log(1e-4, 1e-2) };
        let drawn = drawn(&Dimension::Between(interval));
        let count = |from, to| drawn.iter().filter(|value| (from..to).contains(*value)).count();
        assert!((1_880..2_120).contains(&count(0.0, 1e-9)));
        assert!((900..1_100).contains(&count(1e-4, 1e-3)), "{}", count(1e-4, 1e-3));
        assert!((900..1_100).contains(&count(1e-3, 1.1e-2)));
        assert!(drawn.iter().all(|value| value.to_string().trim_start_matches(['0', '.']).len() <= 3), "three digits");
    }

    #[test]
    fn list_of_one_value_is_fixed() {
        assert_eq!(Dimension::OneOf(vec![3]).fixed(), Some(3));
        assert_eq!(Dimension::OneOf(vec![3, 3]).fixed(), Some(3));
        assert_eq!(Dimension::OneOf(vec![3, 4]).fixed(), None);
        assert_eq!(Dimension::<usize>::OneOf(vec![]).fixed(), None);
        assert_eq!(Dimension::Between(Interval::linear(3, 4)).fixed(), None);
    }

    #[test]
    fn invalid_dimension_is_reported() {
        let cases = [
            (Dimension::OneOf(vec![]), "x is an empty list, but must be a list of values"),
            (
                Dimension::Between(Interval::linear(2.0, 1.0)),
                "x is from 2 to 1, but must be from a smaller to a larger",
            ),
            (Dimension::Between(Interval::linear(1.0, 1.0)), "x is from 1 to 1"),
            (Dimension::Between(Interval::linear(f64::NAN, 1.0)), "x is from NaN to 1"),
            (Dimension::Between(Interval::log(1.0, f64::INFINITY)), "x is from 1 to inf"),
            (
                Dimension::Between(Interval::log(0.0, 1.0)),
                "x is from 0 to 1 on a logarithmic scale, but must be above 0",
            ),
        ];
        for (dimension, start) in cases {
            let message = dimension.check("x").unwrap_err().to_string();
            assert!(message.starts_with(start), "{message}");
        }
    }
}
