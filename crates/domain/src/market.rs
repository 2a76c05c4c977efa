//! Daily averages over the symbols of an exchange.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::Exchange;

/// Daily averages over the symbols of one exchange. Each day's averages depend only on bars of that day and before.
#[derive(Clone, Debug, PartialEq)]
pub struct Market {
    exchange: Exchange,
    names: Vec<String>,
    days: BTreeMap<NaiveDate, Vec<f32>>,
}

impl Market {
    /// Returns the averages called `names` of each day. Days with another number of values, or a non-finite one, are
    /// dropped.
    #[must_use]
    pub fn new(exchange: Exchange, names: Vec<String>, mut days: BTreeMap<NaiveDate, Vec<f32>>) -> Self {
        days.retain(|_, values| values.len() == names.len() && values.iter().all(|value| value.is_finite()));
        Self { exchange, names, days }
    }

    /// Returns the exchange.
    #[must_use]
    pub fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// Returns the names of the averages, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the averages of a day, one per name; `None` if too few symbols traded.
    #[must_use]
    pub fn on(&self, date: NaiveDate) -> Option<&[f32]> {
        self.days.get(&date).map(Vec::as_slice)
    }

    /// Returns all days in order.
    pub fn days(&self) -> impl Iterator<Item = (NaiveDate, &[f32])> {
        self.days.iter().map(|(&date, values)| (date, values.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_drops_days_with_missing_or_non_finite_values() {
        let date = |day| NaiveDate::from_ymd_opt(2024, 1, day).unwrap();
        let days = [(date(2), vec![1.0, 2.0]), (date(3), vec![1.0]), (date(4), vec![f32::NAN, 2.0])];
        let market = Market::new(Exchange::UnitedStates, vec!["a".into(), "b".into()], days.into());
        assert_eq!(market.on(date(2)), Some(&[1.0, 2.0][..]));
        assert_eq!(market.days().count(), 1);
    }
}
