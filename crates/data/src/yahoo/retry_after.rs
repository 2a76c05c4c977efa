//! The `Retry-After` header in both of its forms (RFC 9110, section 10.2.3).

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

/// Maximum delay: a larger value is an error and must not suspend the program for weeks.
const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns the delay that a `Retry-After` of `value` requests at `now`: seconds, or a date in any of the three formats
/// of RFC 9110 section 5.6.7. `None` for anything else; zero for a past date.
pub(super) fn parse(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(MAX_WAIT));
    }
    let wait = http_date(value)?.signed_duration_since(now);
    Some(wait.to_std().unwrap_or(Duration::ZERO).min(MAX_WAIT))
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return Some(date.to_utc());
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|date| date.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 30 s before the example date of RFC 9110 in all three formats.
    const NOW: &str = "1994-11-06T08:49:07Z";

    #[test]
    fn parse_accepts_seconds_and_three_date_formats() {
        let now = NOW.parse().unwrap();
        for (value, seconds) in [
            ("120", 120),
            (" 0 ", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 30),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 30),
            ("Sun Nov  6 08:49:37 1994", 30),
            ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
            ("99999999999999999999999", 86_400),
        ] {
            assert_eq!(parse(value, now), Some(Duration::from_secs(seconds)), "{value}");
        }
    }

    #[test]
    fn parse_ignores_other_values() {
        let now = NOW.parse().unwrap();
        for value in ["", "-5", "1.5", "soon", "Sun, 36 Nov 1994 08:49:37 GMT"] {
            assert_eq!(parse(value, now), None, "{value}");
        }
    }
}
