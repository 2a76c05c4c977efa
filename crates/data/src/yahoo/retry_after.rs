//! The `Retry-After` header in both of its forms (RFC 9110, section 10.2.3).

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

/// The longest wait believed: a larger figure is a mistake, and must not stop the program for weeks.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns the wait that a `Retry-After` of `value` asks for at `now`: seconds, or a date in any of the three forms of
/// RFC 9110 section 5.6.7. `None` for anything else; zero for a date that is past.
pub(super) fn parse(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let wait = http_date(value)?.signed_duration_since(now);
    Some(wait.to_std().unwrap_or(Duration::ZERO).min(LONGEST))
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

    /// 30 s before the date that RFC 9110 uses as its example in all three forms.
    const NOW: &str = "1994-11-06T08:49:07Z";

    #[test]
    fn reads_seconds_and_the_three_forms_of_a_date() {
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
    fn ignores_what_is_neither() {
        let now = NOW.parse().unwrap();
        for value in ["", "-5", "1.5", "soon", "Sun, 36 Nov 1994 08:49:37 GMT"] {
            assert_eq!(parse(value, now), None, "{value}");
        }
    }
}
