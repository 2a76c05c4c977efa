//! What the symbols of an exchange did on a day, on average: the background of each of them.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::Exchange;

/// Averages over the symbols of one exchange, day by day. What is averaged is the business of whoever made it; each day's
/// figures rest on bars of that day and before only.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    exchange: Exchange,
    names: Vec<String>,
    days: BTreeMap<NaiveDate, Vec<f32>>,
}

impl Market {
    /// Returns the averages called `names` of each day. Days with another number of figures, or with one that is not finite,
    /// are left out: a market without a day is as good as none there.
    #[must_use]
    pub fn new(exchange: Exchange, names: Vec<String>, mut days: BTreeMap<NaiveDate, Vec<f32>>) -> Self {
        days.retain(|_, figures| figures.len() == names.len() && figures.iter().all(|figure| figure.is_finite()));
        Self { exchange, names, days }
    }

    /// Returns the exchange.
    #[must_use]
    pub fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// Returns what the figures are, in their order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the figures of a day, one for each name; `None` when too few symbols traded.
    #[must_use]
    pub fn on(&self, date: NaiveDate) -> Option<&[f32]> {
        self.days.get(&date).map(Vec::as_slice)
    }

    /// Returns all days in order.
    pub fn days(&self) -> impl Iterator<Item = (NaiveDate, &[f32])> {
        self.days.iter().map(|(&date, figures)| (date, figures.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_does_not_fit_is_left_out() {
        let date = |day| NaiveDate::from_ymd_opt(2024, 1, day).unwrap();
        let days = [(date(2), vec![1.0, 2.0]), (date(3), vec![1.0]), (date(4), vec![f32::NAN, 2.0])];
        let market = Market::new(Exchange::UnitedStates, vec!["a".into(), "b".into()], days.into());
        assert_eq!(market.on(date(2)), Some(&[1.0, 2.0][..]));
        assert_eq!(market.days().count(), 1);
    }
}
