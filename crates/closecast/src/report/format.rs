//! Numbers as the report shows them.

use closecast_domain::DirectionalAccuracy;
use closecast_eval::SIGNIFICANCE_LEVEL;

/// What stands where there is no figure.
pub(super) const NOTHING: &str = "–";

/// Returns a ratio with four digits.
pub(super) fn ratio(value: Option<f64>) -> String {
    value.map_or(NOTHING.to_owned(), |value| format!("{value:.4}"))
}

/// Returns a ratio with a star when its test is significant.
pub(super) fn tested(value: Option<f64>, p_value: Option<f64>) -> String {
    let star = if value.is_some() && p_value.is_some_and(|p| p < SIGNIFICANCE_LEVEL) { "*" } else { "" };
    ratio(value) + star
}

/// Returns a share as a percentage.
pub(super) fn percent(value: Option<f64>) -> String {
    value.map_or(NOTHING.to_owned(), |value| format!("{:.1}\u{a0}%", 100.0 * value))
}

pub(super) fn p_value(value: Option<f64>) -> String {
    match value {
        None => NOTHING.to_owned(),
        Some(p) if p < 0.001 => "< 0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
    }
}

/// Returns the share of right directions with its interval.
pub(super) fn direction(accuracy: Option<&DirectionalAccuracy>) -> String {
    accuracy.map_or(NOTHING.to_owned(), |accuracy| {
        let [value, lower, upper] = [accuracy.value, accuracy.lower, accuracy.upper].map(|share| 100.0 * share);
        format!("{value:.1}\u{a0}% ({lower:.0}–{upper:.0})")
    })
}
