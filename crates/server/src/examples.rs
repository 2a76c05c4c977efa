//! Examples of the description that are too long to be written where they belong. Whoever pastes them is answered by a server that knows
//! no prices at all.

use chrono::NaiveDate;
use closecast_domain::{Exchange, TradingCalendar};

/// Returns so many closes of nobody's.
pub(super) fn closes(days: usize) -> Vec<f64> {
    let close = |day: usize| 187.4 + 0.12 * day as f64 + 2.5 * (day as f64 / 4.0).sin();
    (0..days).map(|day| (close(day) * 100.0).round() / 100.0).collect()
}

/// Returns the same as a file.
pub(super) fn csv(days: usize) -> String {
    let last = NaiveDate::from_ymd_opt(2024, 6, 28).unwrap_or_default();
    let sessions = TradingCalendar::new(Exchange::UnitedStates).sessions_until(last, days);
    let rows = sessions.iter().zip(closes(days)).map(|(day, close)| format!("{day},{close:.2}\n"));
    std::iter::once("Date,Close\n".to_owned()).chain(rows).collect()
}
