//! Parses the time of day after a date.

use super::record::digits;

/// Returns whether `text` is empty or a valid time of day as it follows a date, such as ` 09:30:00-05:00`; `25:61` and
/// `+99:99` are invalid.
#[must_use]
pub fn is_time_of_day(text: &str) -> bool {
    time_of_day(text).is_some()
}

/// Parses ` 09:30:00-05:00`, `T00:00:00Z`, ` 16:00 EST` into hour and minute, and whether an offset follows.
pub(super) fn time_of_day(rest: &str) -> Option<(Option<(u8, u8)>, bool)> {
    if rest.is_empty() {
        return Some((None, false));
    }
    let clock = rest.strip_prefix(['T', 't', ' '])?.trim_start();
    let (hour, tail) = digits(clock)?;
    let (minute, tail) = digits(tail.strip_prefix(':')?)?;
    let (hour, minute) = (number_up_to(hour, 23)?, number_up_to(minute, 59)?);
    let tail = match tail.strip_prefix(':') {
        Some(tail) => after_seconds(tail)?,
        None => tail,
    };
    Some((Some((hour, minute)), offset_follows(tail)?))
}

/// Parses `00` and `00.000` and returns the rest. A leap second is written as 60.
fn after_seconds(text: &str) -> Option<&str> {
    let (second, tail) = digits(text)?;
    number_up_to(second, 60)?;
    match tail.strip_prefix('.') {
        Some(fraction) => digits(fraction).map(|(_, tail)| tail),
        None => Some(tail),
    }
}

/// Returns whether `tail` is an offset such as `-05:00` or `Z`, rather than empty or the name of a time zone (`EST`).
fn offset_follows(tail: &str) -> Option<bool> {
    let tail = tail.trim_start();
    if tail.bytes().all(|b| b.is_ascii_uppercase()) {
        return Some(tail.contains('Z'));
    }
    let name = tail.bytes().take_while(u8::is_ascii_uppercase).count();
    let (hours, minutes) = digits(tail[name..].strip_prefix(['+', '-'])?)?;
    let (hours, minutes) = match (hours.len(), minutes.strip_prefix(':')) {
        (1 | 2, None) if minutes.is_empty() => (hours, "0"),
        (1 | 2, Some(minutes)) => (hours, minutes),
        (4, None) if minutes.is_empty() => hours.split_at(2),
        _ => return None,
    };
    // From UTC-12 to UTC+14.
    (number_up_to(hours, 14).is_some() && number_up_to(minutes, 59).is_some()).then_some(true)
}

/// Returns a number of one or two digits that is at most `max`.
fn number_up_to(text: &str, max: u8) -> Option<u8> {
    let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|&number| is_number && number <= max)
}
