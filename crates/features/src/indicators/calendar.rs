//! Calendar features: the day of the week and the days until the next session.

use std::f64::consts::TAU;

use chrono::{Datelike, Days, NaiveDate};
use closecast_domain::TradingCalendar;

/// Returns sine and cosine of the day of the week on a circle of seven days, Monday at angle 0. First value on day 0.
///
/// Seven days instead of five: exchanges that trade at weekends use the same encoding.
#[must_use]
pub fn weekday_on_circle(dates: &[NaiveDate]) -> (Vec<f64>, Vec<f64>) {
    let angle = |date: &NaiveDate| TAU * f64::from(date.weekday().num_days_from_monday()) / 7.0;
    dates.iter().map(angle).map(f64::sin_cos).unzip()
}

/// Returns the calendar days from each session to the next one of the calendar: 1 within a week, 3 over a weekend.
/// First value on day 0; never below 1.
///
/// It uses the calendar, not the next bar, which lies in the future, and a calendar without unscheduled closures (such as
/// that of 2001-09-11).
#[must_use]
pub fn days_to_next_session(dates: &[NaiveDate], calendar: &TradingCalendar) -> Vec<f64> {
    let days = |&date: &NaiveDate| (calendar.scheduled_next_session(date) - date).num_days().max(1) as f64;
    dates.iter().map(days).collect()
}

/// Returns, for each session, the index in `dates` of the session `weeks` weeks before the next one of the calendar; `None`
/// if that date has no session. It depends on dates up to the session and on the calendar only.
#[must_use]
pub fn sessions_weeks_before_next(dates: &[NaiveDate], calendar: &TradingCalendar, weeks: u64) -> Vec<Option<usize>> {
    let before = |(day, &date): (usize, &NaiveDate)| {
        let earlier = calendar.scheduled_next_session(date).checked_sub_days(Days::new(7 * weeks))?;
        dates[..=day].binary_search(&earlier).ok()
    };
    dates.iter().enumerate().map(before).collect()
}
