//! How far back, in the words of older clients.

use chrono::{Months, NaiveDate};
use serde::Deserialize;
use utoipa::ToSchema;

/// A stretch of time up to the last session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub(super) enum Period {
    #[serde(rename = "1mo")]
    OneMonth,
    #[serde(rename = "3mo")]
    ThreeMonths,
    #[serde(rename = "6mo")]
    SixMonths,
    #[serde(rename = "1y")]
    OneYear,
    #[serde(rename = "2y")]
    TwoYears,
    #[serde(rename = "5y")]
    FiveYears,
    #[serde(rename = "max")]
    Everything,
}

impl Period {
    /// Returns the first day of the stretch that ends on `last`: the day after the same day so many months before. `None` when
    /// there is none.
    pub(super) fn first_day(self, last: NaiveDate) -> Option<NaiveDate> {
        let months = match self {
            Self::OneMonth => 1,
            Self::ThreeMonths => 3,
            Self::SixMonths => 6,
            Self::OneYear => 12,
            Self::TwoYears => 24,
            Self::FiveYears => 60,
            Self::Everything => return None,
        };
        last.checked_sub_months(Months::new(months))?.succ_opt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_with_the_last_session() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(Period::OneMonth.first_day(day("2024-03-31")), Some(day("2024-03-01")));
        assert_eq!(Period::ThreeMonths.first_day(day("2024-03-15")), Some(day("2023-12-16")));
        assert_eq!(Period::SixMonths.first_day(day("2024-03-15")), Some(day("2023-09-16")));
        assert_eq!(Period::OneYear.first_day(day("2024-02-29")), Some(day("2023-03-01")));
        assert_eq!(Period::TwoYears.first_day(day("2024-03-15")), Some(day("2022-03-16")));
        assert_eq!(Period::FiveYears.first_day(day("2024-03-15")), Some(day("2019-03-16")));
        assert_eq!(Period::Everything.first_day(day("2024-03-15")), None);
    }
}
