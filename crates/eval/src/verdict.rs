//! Verdict on a model compared with the naive forecast.

use closecast_domain::{ErrorMetrics, PartEvaluation};
use serde::{Deserialize, Serialize};

/// Significance level of the verdict.
pub const SIGNIFICANCE_LEVEL: f64 = 0.05;

/// Directional accuracy above which look-ahead is more likely than skill: 60 % is not plausible for a liquid stock.
pub const LEAK_ALARM_ACCURACY: f64 = 0.60;

/// Verdict on a model compared with repeating the last close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its errors are significantly smaller than naive's.
    BeatsNaive,
    /// The difference to naive is not significant, or cannot be tested.
    NoBetter,
    /// Its errors are significantly larger than naive's.
    WorseThanNaive,
    /// The direction is right so often that look-ahead is likely. Takes precedence over the other verdicts.
    LeakAlarm,
}

impl Verdict {
    /// Returns the verdict on the test days at significance level `alpha`, usually [`SIGNIFICANCE_LEVEL`].
    #[must_use]
    pub fn of(test: &PartEvaluation, alpha: f64) -> Self {
        let significant = test.model.dm_p_value.is_some_and(|p| p < alpha);
        if suspiciously_right(&test.model) {
            Self::LeakAlarm
        } else if test.model.beats_naive(alpha) {
            Self::BeatsNaive
        } else if significant && test.model.mae > test.naive.mae {
            Self::WorseThanNaive
        } else {
            Self::NoBetter
        }
    }

    /// Returns the verdict's code, the same as in JSON: `beats_naive`, `no_better`, `worse_than_naive`, `leak_alarm`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BeatsNaive => "beats_naive",
            Self::NoBetter => "no_better",
            Self::WorseThanNaive => "worse_than_naive",
            Self::LeakAlarm => "leak_alarm",
        }
    }

    /// Returns the verdict as one or two English sentences with the figures of `test`.
    #[must_use]
    pub fn sentence(self, test: &PartEvaluation) -> String {
        let figures = figures(&test.model);
        match self {
            Self::BeatsNaive => {
                format!("The model beats repeating the last close, and the difference is significant ({figures}).")
            }
            Self::NoBetter if test.model.dm_p_value.is_none() => format!(
                "The model is not shown to be better than repeating the last close: there are too few days, or too \
                 little difference, to test it ({figures})."
            ),
            Self::NoBetter => format!(
                "The model is no better than repeating the last close: the difference is not significant ({figures})."
            ),
            Self::WorseThanNaive => {
                format!("The model is worse than repeating the last close, and significantly so ({figures}).")
            }
            Self::LeakAlarm => leak_sentence(&test.model, &figures),
        }
    }
}

/// Returns whether the directional accuracy exceeds the alarm threshold and is significantly above chance.
fn suspiciously_right(model: &ErrorMetrics) -> bool {
    model.directional_accuracy.is_some_and(|accuracy| accuracy.value > LEAK_ALARM_ACCURACY && accuracy.lower > 0.5)
}

fn leak_sentence(model: &ErrorMetrics, figures: &str) -> String {
    let direction = model.directional_accuracy.map_or_else(String::new, |accuracy| {
        format!(" of the direction on {:.0} % of {} days", 100.0 * accuracy.value, accuracy.days)
    });
    format!(
        "Leak alarm: a right forecast{direction} is too good for a liquid stock. Look for future prices among the \
         inputs before believing any figure ({figures})."
    )
}

/// Returns, for example, `relative error 0.97, p = 0.012, 252 days`.
fn figures(model: &ErrorMetrics) -> String {
    let ratio =
        model.rel_mae_naive.map_or_else(|| "no relative error".to_owned(), |r| format!("relative error {r:.3}"));
    let p_value = match model.dm_p_value {
        Some(p) if p < 0.001 => ", p < 0.001".to_owned(),
        Some(p) => format!(", p = {p:.3}"),
        None => String::new(),
    };
    let days = if model.days == 1 { "1 day".to_owned() } else { format!("{} days", model.days) };
    format!("{ratio}{p_value}, {days}")
}

#[cfg(test)]
mod tests {
    use closecast_domain::DirectionalAccuracy;

    use super::*;

    fn part(ratio: f64, dm_p_value: Option<f64>, direction: Option<(f64, f64)>) -> PartEvaluation {
        let naive = ErrorMetrics {
            days: 252,
            mae: 2.0,
            rmse: 2.0,
            mape: Some(1.0),
            r2: Some(0.98),
            r2_naive: Some(0.0),
            directional_accuracy: None,
            rel_mae_naive: Some(1.0),
            dm_p_value: None,
        };
        let directional_accuracy =
            direction.map(|(value, lower)| DirectionalAccuracy { value, lower, upper: 0.9, days: 250 });
        let model =
            ErrorMetrics { mae: 2.0 * ratio, rel_mae_naive: Some(ratio), dm_p_value, directional_accuracy, ..naive };
        PartEvaluation { model, naive }
    }

    fn verdict(part: &PartEvaluation) -> Verdict {
        Verdict::of(part, SIGNIFICANCE_LEVEL)
    }

    #[test]
    fn verdict_depends_on_significance() {
        assert_eq!(verdict(&part(0.97, Some(0.01), None)), Verdict::BeatsNaive);
        assert_eq!(verdict(&part(0.97, Some(0.05), None)), Verdict::NoBetter);
        assert_eq!(verdict(&part(0.97, None, None)), Verdict::NoBetter);
        assert_eq!(verdict(&part(1.03, Some(0.2), None)), Verdict::NoBetter);
        assert_eq!(verdict(&part(1.03, Some(0.01), None)), Verdict::WorseThanNaive);
    }

    #[test]
    fn model_with_errors_is_worse_when_naive_has_none() {
        let mut flat = part(1.0, Some(0.01), None);
        (flat.naive.mae, flat.model.rel_mae_naive) = (0.0, None);
        assert_eq!(verdict(&flat), Verdict::WorseThanNaive);
    }

    #[test]
    fn high_directional_accuracy_is_an_alarm_if_significant() {
        assert_eq!(verdict(&part(0.5, Some(0.01), Some((0.61, 0.55)))), Verdict::LeakAlarm);
        assert_eq!(verdict(&part(0.5, Some(0.01), Some((0.60, 0.54)))), Verdict::BeatsNaive);
        assert_eq!(verdict(&part(0.5, Some(0.01), Some((0.70, 0.49)))), Verdict::BeatsNaive);
    }

    #[test]
    fn sentences_carry_their_figures() {
        let beats = part(0.97, Some(0.012), None);
        assert_eq!(
            verdict(&beats).sentence(&beats),
            "The model beats repeating the last close, and the difference is significant \
             (relative error 0.970, p = 0.012, 252 days)."
        );
        let untested = part(0.97, None, None);
        assert!(verdict(&untested).sentence(&untested).ends_with("(relative error 0.970, 252 days)."));
        let leak = part(0.5, Some(0.0001), Some((0.874, 0.8)));
        let sentence = verdict(&leak).sentence(&leak);
        assert!(sentence.contains("87 % of 250 days") && sentence.contains("p < 0.001"), "{sentence}");
    }

    #[test]
    fn code_equals_name_in_json() {
        for verdict in [Verdict::BeatsNaive, Verdict::NoBetter, Verdict::WorseThanNaive, Verdict::LeakAlarm] {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.code());
        }
    }
}
