//! Parses date cells.

use chrono::NaiveDate;

use super::{record::digits, time_of_day::time_of_day};

/// Order of day and month in dates such as `03/04/2020`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// 3 April 2020.
    DayFirst,
    /// March 4, 2020.
    MonthFirst,
}

/// A parsed date cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateCell {
    /// An unambiguous date.
    Date(NaiveDate),
    /// Two small numbers and a year; the file's [`DateOrder`] decides.
    Numeric { first: u8, second: u8, year: i32 },
}

/// A date and an optional time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DateAndTime {
    pub(super) date: DateCell,
    /// Hour and minute, if present.
    pub(super) time: Option<(u8, u8)>,
    /// Whether a time zone offset follows, as in yfinance's exports. The date is local.
    pub(super) offset: bool,
}

impl DateCell {
    /// Returns the date, reading an ambiguous one in `order`; `None` if the day does not exist.
    pub(super) fn resolve(self, order: DateOrder) -> Option<NaiveDate> {
        match (self, order) {
            (Self::Date(date), _) => Some(date),
            (Self::Numeric { first, second, year }, DateOrder::DayFirst) => valid(year, second.into(), first.into()),
            (Self::Numeric { first, second, year }, DateOrder::MonthFirst) => valid(year, first.into(), second.into()),
        }
    }
}

impl DateAndTime {
    /// Parses `2024-01-02`, `20240102`, `2024-01-02 00:00:00-05:00`, `01/02/2024`, `02.01.2024`, `Jan 02, 2024`, `2 de
    /// jan. de 2024` and similar.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // The longest date has about 35 characters.
        if text.len() > 64 || !text.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        if let Some((date, rest)) = year_first(text).or_else(|| year_last(text)) {
            let (time, offset) = time_of_day(rest)?;
            return Some(Self { date, time, offset });
        }
        Some(Self { date: DateCell::Date(with_month_name(text)?), time: None, offset: false })
    }
}

fn valid(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    (1800..=2200).contains(&year).then(|| NaiveDate::from_ymd_opt(year, month, day)).flatten()
}

/// Parses `2024-01-02`, `2024/1/2`, `2024.01.02`, `20240102`, and returns the rest.
fn year_first(text: &str) -> Option<(DateCell, &str)> {
    let (year, rest) = digits(text)?;
    if year.len() == 8 {
        let date = valid(year[..4].parse().ok()?, year[4..6].parse().ok()?, year[6..].parse().ok()?)?;
        return Some((DateCell::Date(date), rest));
    }
    let (separator, rest) = separator(rest)?;
    let (month, rest) = digits(rest)?;
    let (day, rest) = digits(rest.strip_prefix(separator)?)?;
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    let date = valid(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    Some((DateCell::Date(date), rest))
}

/// Parses `01/02/2024`, `2-1-24`, `02.01.2024`, and returns the rest.
fn year_last(text: &str) -> Option<(DateCell, &str)> {
    let (first, rest) = digits(text)?;
    let (separator, rest) = separator(rest)?;
    let (second, rest) = digits(rest)?;
    let (year, rest) = digits(rest.strip_prefix(separator)?)?;
    if first.len() > 2 || second.len() > 2 {
        return None;
    }
    let year = full_year(year)?;
    let (first, second) = (first.parse().ok()?, second.parse().ok()?);
    let cell = DateCell::Numeric { first, second, year };
    let (day_first, month_first) = (cell.resolve(DateOrder::DayFirst), cell.resolve(DateOrder::MonthFirst));
    match separator {
        // Dates with dots are never month first.
        '.' => Some((DateCell::Date(day_first?), rest)),
        _ if day_first.is_none() && month_first.is_none() => None,
        _ => Some((cell, rest)),
    }
}

fn separator(text: &str) -> Option<(char, &str)> {
    let separator = text.chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
    Some((separator, &text[1..]))
}

/// Two digits mean the years 1970 to 2069.
fn full_year(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    match text.len() {
        4 => Some(year),
        2 if year < 70 => Some(2000 + year),
        2 => Some(1900 + year),
        _ => None,
    }
}

/// Parses `Jan 02, 2024`, `2-Jan-24`, `2 de jan. de 2024`.
fn with_month_name(text: &str) -> Option<NaiveDate> {
    let mut month = None;
    let mut numbers = Vec::with_capacity(2);
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && *word != "de");
    for word in words {
        if word.bytes().all(|b| b.is_ascii_digit()) {
            numbers.push(word);
        } else if month.replace(month_of(word)?).is_some() {
            return None;
        }
    }
    let [first, second] = numbers[..] else { return None };
    let (day, year) = if first.len() == 4 { (second, first) } else { (first, second) };
    valid(full_year(year)?, month?, day.parse().ok()?)
}

/// Returns the month of an English, Portuguese, Spanish or German name or abbreviation.
fn month_of(word: &str) -> Option<u32> {
    const MONTHS: [(u32, &[&str]); 12] = [
        (1, &["jan", "ene"]),
        (2, &["feb", "fev"]),
        (3, &["mar", "mär"]),
        (4, &["apr", "abr"]),
        (5, &["may", "mai"]),
        (6, &["jun"]),
        (7, &["jul"]),
        (8, &["aug", "ago"]),
        (9, &["sep", "set"]),
        (10, &["oct", "out", "okt"]),
        (11, &["nov"]),
        (12, &["dec", "dez", "dic"]),
    ];
    let start: String = word.to_lowercase().chars().take(3).collect();
    MONTHS.iter().find(|(_, names)| names.contains(&start.as_str())).map(|&(month, _)| month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Option<NaiveDate> {
        match DateAndTime::parse(text)?.date {
            DateCell::Date(date) => Some(date),
            DateCell::Numeric { .. } => None,
        }
    }

    #[test]
    fn parse_accepts_common_date_formats() {
        let expected = NaiveDate::from_ymd_opt(2024, 1, 2);
        for text in [
            "2024-01-02",
            "2024/01/02",
            "2024.1.2",
            "20240102",
            "2024-01-02 00:00:00-05:00",
            "2024-01-02T00:00:00Z",
            "2024-01-02 00:00:00",
            "2024-01-02T00:00:00.000",
            "02.01.2024",
            "2.1.24",
            "Jan 02, 2024",
            "January 2, 2024",
            "2-Jan-24",
            "02-Jan-2024",
            "2 de jan. de 2024",
            "2 jan 2024",
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
    }

    #[test]
    fn parse_keeps_ambiguous_order() {
        let parsed = DateAndTime::parse("1/2/2024 16:00:00").unwrap();
        assert_eq!(parsed.date, DateCell::Numeric { first: 1, second: 2, year: 2024 });
        assert_eq!(parsed.time, Some((16, 0)));
        assert_eq!(parsed.date.resolve(DateOrder::MonthFirst), NaiveDate::from_ymd_opt(2024, 1, 2));
        assert_eq!(parsed.date.resolve(DateOrder::DayFirst), NaiveDate::from_ymd_opt(2024, 2, 1));
    }

    #[test]
    fn parse_accepts_common_times_and_offsets() {
        for (tail, offset) in [
            ("T23:59", false),
            (" 9:30", false),
            (" 09:30:00", false),
            (" 09:30:60.123456", false),
            (" 16:00 EST", false),
            ("T00:00:00Z", true),
            (" 00:00:00+00:00", true),
            (" 00:00:00 -0300", true),
            (" 00:00:00+14", true),
            (" 00:00:00 GMT-3", true),
            ("T00:00:00.000+05:30", true),
        ] {
            let parsed = DateAndTime::parse(&format!("2024-01-02{tail}"));
            assert_eq!(parsed.map(|parsed| parsed.offset), Some(offset), "{tail}");
        }
    }

    #[test]
    fn parse_uses_local_date_before_offset() {
        let parsed = DateAndTime::parse("2024-01-02 23:30:00-05:00").unwrap();
        assert!(parsed.offset);
        assert_eq!(date("2024-01-02 23:30:00-05:00"), NaiveDate::from_ymd_opt(2024, 1, 2));
    }

    #[test]
    fn parse_rejects_invalid_dates() {
        for text in [
            "",
            "12",
            "2024",
            "2024-13-01",
            "2024-02-30",
            "99999999",
            "1,5",
            "1.5",
            "3.14.15",
            "13/13/2020",
            "Price",
            "2024-01-02x",
            "abc 1 2024",
            "é1",
            "2020-01-01 25:61:00",
            "2020-01-01 24:00:00",
            "2020-01-01T24:30",
            "2020-01-01 09:60",
            "2020-01-01 09:30:61",
            "2020-01-01 09:30:00+99:99",
            "2020-01-01 09:30:00-05:60",
            "2020-01-01 09:30:00+1500",
            "2020-01-01 009:30",
            "2020-01-01 09:30:",
            "2020-01-01 09:30:00.",
            "2020-01-01 09:30:00+",
            "01/02/2020 25:00",
        ] {
            assert_eq!(DateAndTime::parse(text), None, "{text}");
        }
    }
}
