//! Findings of a backtest, as sentences.

use serde::{Deserialize, Serialize};

use super::score::{ModelScore, TESTED_INDEX};
use crate::{DieboldMariano, LEAK_ALARM_ACCURACY, SIGNIFICANCE_LEVEL};

/// Result of comparing a model with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Its loss is significantly lower.
    Better,
    /// Its loss is significantly higher.
    Worse,
    /// The difference is not significant.
    NoDifference,
    /// The mean over days differs significantly, but the ratio over symbols has the opposite sign.
    Mixed,
    /// The forecasts are identical, or the days too few.
    Untested,
}

impl Finding {
    /// Returns the finding from the `ratio` of two losses and their test at [`SIGNIFICANCE_LEVEL`].
    #[must_use]
    pub fn of(ratio: Option<f64>, test: Option<&DieboldMariano>) -> Self {
        match (ratio, test) {
            (Some(_), Some(test)) if test.p_value >= SIGNIFICANCE_LEVEL => Self::NoDifference,
            (Some(ratio), Some(test)) if ratio < 1.0 && test.mean_difference < 0.0 => Self::Better,
            (Some(ratio), Some(test)) if ratio > 1.0 && test.mean_difference > 0.0 => Self::Worse,
            (Some(_), Some(_)) => Self::Mixed,
            _ => Self::Untested,
        }
    }
}

impl ModelScore {
    /// Compares the point forecasts with the naive forecast.
    #[must_use]
    pub fn finding_on_points(&self) -> Finding {
        Finding::of(self.relative_mae, self.mae_test.as_ref())
    }

    /// Compares the forecast distributions with another model's; `None` if either has none.
    #[must_use]
    pub fn finding_on_distributions(&self, other: &str) -> Option<Finding> {
        let against = self.against.get(other)?;
        Some(Finding::of(Some(against.relative_crps), against.test.as_ref()))
    }
}

/// Returns sentences on a model: a look-ahead alarm, if any, its point forecasts against naive, its distributions against each
/// of `others`, and its 90 % interval.
#[must_use]
pub fn findings(score: &ModelScore, others: &[&str]) -> Vec<String> {
    let mut sentences: Vec<String> = leak_alarm(score).into_iter().collect();
    sentences.extend(on_points(score));
    sentences.extend(others.iter().filter_map(|other| on_distributions(score, other)));
    sentences.extend(on_interval(score));
    sentences
}

/// The alarm of [`Verdict::LeakAlarm`](crate::Verdict::LeakAlarm).
fn leak_alarm(score: &ModelScore) -> Option<String> {
    let accuracy = score.directional_accuracy.filter(|a| a.value > LEAK_ALARM_ACCURACY && a.lower > 0.5)?;
    Some(format!(
        "Leak alarm: a right direction in {:.0} % of {} forecasts is too good for liquid stocks. Look for future prices \
         among the inputs before believing any figure.",
        100.0 * accuracy.value,
        accuracy.days
    ))
}

fn on_points(score: &ModelScore) -> Option<String> {
    let ratio = score.relative_mae?;
    let p_value = score.mae_test.as_ref().map_or_else(String::new, |test| p(test.p_value));
    let subject = "The point forecasts";
    Some(match score.finding_on_points() {
        Finding::Better => format!("{subject} beat repeating the last close: errors {} ({p_value}).", change(ratio)),
        Finding::Worse => {
            format!("{subject} are worse than repeating the last close: errors {} ({p_value}).", change(ratio))
        }
        Finding::NoDifference => format!(
            "{subject} do not beat repeating the last close: errors {}, which is not significant ({p_value}).",
            change(ratio)
        ),
        Finding::Mixed => format!(
            "{subject} are neither better nor worse than repeating the last close: errors {} in the mean over symbols, \
             but the other way in the mean over days ({p_value}).",
            change(ratio)
        ),
        Finding::Untested if ratio == 1.0 => format!("{subject} are the last close itself."),
        Finding::Untested => {
            format!("{subject} cannot be tested against repeating the last close: the days are too few.")
        }
    })
}

fn on_distributions(score: &ModelScore, other: &str) -> Option<String> {
    let against = score.against.get(other)?;
    let p_value = against.test.as_ref().map_or_else(String::new, |test| p(test.p_value));
    let crps = format!("CRPS {}", change(against.relative_crps));
    let symbols = match score.symbols.len() {
        1 => String::new(),
        all => format!(", better on {:.0} % of {all} symbols", 100.0 * against.share_better),
    };
    let subject = "The forecast distributions";
    Some(match score.finding_on_distributions(other)? {
        Finding::Better => format!("{subject} beat those of {other}: {crps}{symbols} ({p_value})."),
        Finding::Worse => format!("{subject} are worse than those of {other}: {crps}{symbols} ({p_value})."),
        Finding::NoDifference => {
            format!("{subject} do not beat those of {other}: {crps}{symbols}, which is not significant ({p_value}).")
        }
        Finding::Mixed => format!(
            "{subject} are neither better nor worse than those of {other}: {crps} in the mean over symbols, but the other \
             way in the mean over days ({p_value})."
        ),
        Finding::Untested => format!("{subject} cannot be tested against those of {other}: {crps}{symbols}."),
    })
}

fn on_interval(score: &ModelScore) -> Option<String> {
    let calibration = score.calibration.as_ref()?;
    let held = calibration.coverage.shares()[TESTED_INDEX]?;
    let start = format!("The 90 % intervals held {:.1} % of the closes", 100.0 * held);
    Some(match calibration.coverage_p_value {
        None => format!("{start}."),
        Some(p_value) => {
            let side = if held < 0.9 { "fewer" } else { "more" };
            let chance = if p_value < SIGNIFICANCE_LEVEL { "significantly" } else { "not significantly" };
            format!("{start}, {chance} {side} than promised ({}).", p(p_value))
        }
    })
}

/// Returns a ratio as a change, for example `1.20 % lower`.
fn change(ratio: f64) -> String {
    let side = if ratio < 1.0 { "lower" } else { "higher" };
    format!("{:.2} % {side}", 100.0 * (ratio - 1.0).abs())
}

fn p(p_value: f64) -> String {
    if p_value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p_value:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::significance::LongRunVariance;

    fn test(p_value: f64, mean_difference: f64) -> DieboldMariano {
        let p_value_first_better = p_value / 2.0;
        let (days, statistic, variance) = (250, mean_difference, LongRunVariance::Rectangular);
        DieboldMariano { days, mean_difference, statistic, p_value, p_value_first_better, variance }
    }

    #[test]
    fn finding_requires_significance_and_agreeing_measures() {
        for (ratio, p_value, difference, expected) in [
            (0.99, 0.049, -1e-6, Finding::Better),
            (0.50, 0.050, -1e-2, Finding::NoDifference),
            (1.01, 0.001, 1e-6, Finding::Worse),
            (0.99, 0.001, 1e-6, Finding::Mixed),
            (1.01, 0.001, -1e-6, Finding::Mixed),
            (1.01, 0.300, -1e-6, Finding::NoDifference),
        ] {
            assert_eq!(Finding::of(Some(ratio), Some(&test(p_value, difference))), expected, "{ratio} {p_value}");
        }
        assert_eq!(Finding::of(Some(0.9), None), Finding::Untested);
        assert_eq!(Finding::of(None, Some(&test(0.01, -1.0))), Finding::Untested);
    }

    #[test]
    fn changes_and_p_values_are_formatted() {
        assert_eq!([change(0.988), change(1.0342)], ["1.20 % lower", "3.42 % higher"]);
        assert_eq!([p(0.0009), p(0.0312)], ["p < 0.001", "p = 0.031"]);
    }
}
