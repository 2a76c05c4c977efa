//! Health of the settled forecasts: errors, bias and coverage.

use super::finding::{Component, Condition, Evidence, Finding};
use crate::{
    track_record::{MIN_RECORD_DAYS, TrackRecord},
    verdict::SIGNIFICANCE_LEVEL,
};

/// Relative error from which the condition is critical, if significant.
const ERROR_CRITICAL: f64 = 1.05;

/// Relative error at which the score is 0.
const ERROR_WORTHLESS: f64 = 1.25;

/// Level of the interval that is evaluated.
const JUDGED_LEVEL: f64 = 0.9;

/// Deviation of the coverage from the level that is critical, if significant; at twice this value the score is 0.
const COVERAGE_CRITICAL: f64 = 0.1;

/// Absolute bias, in standard deviations of a daily return, that is critical, if significant; at twice this value the score
/// is 0.
const BIAS_CRITICAL: f64 = 0.25;

fn figure(name: &'static str, value: f64) -> Evidence {
    Evidence { name, value }
}

/// Returns the finding of a record that is too short.
fn too_short(component: Component, days: usize) -> Finding {
    let summary = format!("{days} forecasts have been settled, and {MIN_RECORD_DAYS} are needed for an evaluation");
    Finding::insufficient(component, summary, vec![figure("days", days as f64)])
}

/// Evaluates the mean absolute error relative to the naive forecast: 100 up to 1, falling to 0 at 1.25. Critical above 1.05 if
/// the Diebold–Mariano test is significant.
#[must_use]
pub fn error_against_naive(record: Option<&TrackRecord>) -> Finding {
    const COMPONENT: Component = Component::ErrorAgainstNaive;
    let days = record.map_or(0, |record| record.days.len());
    let Some(record) = record.filter(|_| days >= MIN_RECORD_DAYS) else { return too_short(COMPONENT, days) };
    let (model, naive) = (&record.errors.model, &record.errors.naive);
    let Some(ratio) = model.rel_mae_naive else {
        let summary = "the naive forecast made no error: a relative error is undefined".to_owned();
        return Finding::insufficient(COMPONENT, summary, vec![figure("days", days as f64)]);
    };
    let sure = model.dm_p_value.is_some_and(|p_value| p_value < SIGNIFICANCE_LEVEL);
    let condition = match ratio {
        ratio if sure && ratio > ERROR_CRITICAL => Condition::Critical,
        ratio if (sure && ratio > 1.0) || ratio > ERROR_CRITICAL => Condition::Warning,
        _ => Condition::Healthy,
    };
    let chance = if sure { "a significant difference" } else { "not a significant difference" };
    let summary = format!(
        "the error is {ratio:.3} times that of the naive forecast on {days} sessions ({:.4} against {:.4}), {chance}",
        model.mae, naive.mae
    );
    let mut evidence = vec![
        figure("relative_mae", ratio),
        figure("mae", model.mae),
        figure("naive_mae", naive.mae),
        figure("days", days as f64),
    ];
    evidence.extend(model.dm_p_value.map(|p_value| figure("dm_p_value", p_value)));
    let score = 100.0 * (1.0 - (ratio - 1.0).max(0.0) / (ERROR_WORTHLESS - 1.0));
    let act = "train the model again; if it stays worse than naive, run `closecast models rollback`";
    Finding::judged(COMPONENT, (score, condition), summary, (evidence, Some(ERROR_CRITICAL)), act)
}

/// Evaluates the mean of `ln(close / point)` in standard deviations of the realised returns: 100 if its 95 % interval contains
/// 0, otherwise falling to 0 at half a standard deviation.
#[must_use]
pub fn bias(record: Option<&TrackRecord>) -> Finding {
    const COMPONENT: Component = Component::Bias;
    let days = record.map_or(0, |record| record.days.len());
    let Some(record) = record.filter(|_| days >= MIN_RECORD_DAYS) else { return too_short(COMPONENT, days) };
    let spread = record.realised_returns.standard_deviation;
    let Some(bias) = record.bias.filter(|_| spread > 0.0) else {
        let summary = "the closes are constant: a bias is undefined".to_owned();
        return Finding::insufficient(COMPONENT, summary, vec![figure("days", days as f64)]);
    };
    let size = bias.mean.abs() / spread;
    let (score, condition) = match size {
        _ if bias.is_none() => (100.0, Condition::Healthy),
        size if size >= BIAS_CRITICAL => (100.0 * (1.0 - size / (2.0 * BIAS_CRITICAL)), Condition::Critical),
        size => (100.0 * (1.0 - size / (2.0 * BIAS_CRITICAL)), Condition::Warning),
    };
    let side = if bias.mean >= 0.0 { "above" } else { "below" };
    let summary = format!(
        "closes are on average {:.3} % {side} the forecasts on {days} sessions (95 % interval of the bias {:.3} % to {:.3} %)",
        100.0 * bias.mean.abs(),
        100.0 * bias.lower,
        100.0 * bias.upper
    );
    let evidence = vec![
        figure("bias_in_standard_deviations", size),
        figure("bias", bias.mean),
        figure("lower", bias.lower),
        figure("upper", bias.upper),
        figure("days", days as f64),
    ];
    let act = "train the model again on the newest prices";
    Finding::judged(COMPONENT, (score, condition), summary, (evidence, Some(BIAS_CRITICAL)), act)
}

/// Evaluates the coverage of the 90 % interval: 100 if the Wilson interval of the coverage contains the level, otherwise falling
/// to 0 at a deviation of 20 percentage points. Only intervals that are too narrow can be critical.
#[must_use]
pub fn interval_coverage(record: Option<&TrackRecord>) -> Finding {
    const COMPONENT: Component = Component::IntervalCoverage;
    let interval = record.and_then(|record| record.interval(JUDGED_LEVEL));
    let days = interval.map_or(0, |interval| interval.days);
    let Some(interval) = interval.filter(|_| days >= MIN_RECORD_DAYS) else { return too_short(COMPONENT, days) };
    let away = (interval.share - interval.level).abs();
    let by_chance = interval.lower <= interval.level && interval.level <= interval.upper;
    let (score, condition) = match away {
        _ if by_chance => (100.0, Condition::Healthy),
        away if away >= COVERAGE_CRITICAL && interval.share < interval.level => {
            (100.0 * (1.0 - away / (2.0 * COVERAGE_CRITICAL)), Condition::Critical)
        }
        away => (100.0 * (1.0 - away / (2.0 * COVERAGE_CRITICAL)), Condition::Warning),
    };
    let summary = format!(
        "{} of {days} closes are inside the {:.0} % interval: {:.1} % (95 % interval {:.1} % to {:.1} %)",
        interval.inside,
        100.0 * interval.level,
        100.0 * interval.share,
        100.0 * interval.lower,
        100.0 * interval.upper
    );
    let evidence = vec![
        figure("distance_from_level", away),
        figure("share_inside", interval.share),
        figure("level", interval.level),
        figure("lower", interval.lower),
        figure("upper", interval.upper),
        figure("days", days as f64),
    ];
    let act = "the intervals are miscalibrated: train the model again";
    Finding::judged(COMPONENT, (score, condition), summary, (evidence, Some(COVERAGE_CRITICAL)), act)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use closecast_domain::Quantile;

    use super::*;
    use crate::SettledForecast;

    /// Days whose close is `actual(day)` against a point of `point(day)` made at 100, in intervals of 95 to 105.
    fn record(days: u64, point: impl Fn(u64) -> f64, actual: impl Fn(u64) -> f64) -> TrackRecord {
        let quantile = |(level, price)| Quantile { level, price };
        let settled = (0..days).map(|day| SettledForecast {
            date: NaiveDate::default() + chrono::Days::new(day),
            last_close: 100.0,
            point: point(day),
            quantiles: [(0.05, 95.0), (0.5, 100.0), (0.95, 105.0)].map(quantile).to_vec(),
            close: actual(day),
        });
        TrackRecord::of(&settled.collect::<Vec<_>>()).unwrap()
    }

    fn swinging(day: u64) -> f64 {
        100.0 + [2.0, -1.0, -2.5, 1.0, 0.5][(day % 5) as usize]
    }

    #[test]
    fn too_few_days_give_insufficient_data() {
        let short = record(19, |_| 100.5, swinging);
        for judge in [error_against_naive, bias, interval_coverage] {
            for known in [None, Some(&short)] {
                let finding = judge(known);
                assert_eq!((finding.score, finding.condition), (None, Condition::InsufficientData));
                assert!(finding.summary.contains("20 are needed"), "{}", finding.summary);
            }
        }
    }

    #[test]
    fn error_equal_to_naive_is_healthy_and_significantly_larger_is_critical() {
        let naive = error_against_naive(Some(&record(60, |_| 100.0, swinging)));
        assert_eq!((naive.score, naive.condition), (Some(100.0), Condition::Healthy));
        let harmful = error_against_naive(Some(&record(60, |day| 100.0 - 3.0 * (swinging(day) - 100.0), swinging)));
        assert_eq!((harmful.score, harmful.condition), (Some(0.0), Condition::Critical));
        assert!(harmful.recommendation.is_some() && harmful.evidence[0].value > 3.9, "{harmful:?}");
        let slightly = error_against_naive(Some(&record(60, |day| 100.0 - 0.1 * (swinging(day) - 100.0), swinging)));
        assert!((slightly.score.unwrap() - 60.0).abs() < 1e-9, "1.1 times naive's: {slightly:?}");
    }

    #[test]
    fn bias_is_reported_when_significant() {
        assert_eq!(bias(Some(&record(60, |_| 100.0, swinging))).condition, Condition::Healthy);
        let leaning = bias(Some(&record(60, |_| 98.0, swinging)));
        assert_eq!(leaning.condition, Condition::Critical);
        assert!(leaning.summary.contains("above"), "{}", leaning.summary);
        assert_eq!(bias(Some(&record(60, |_| 100.0, |_| 100.0))).condition, Condition::InsufficientData);
    }

    #[test]
    fn miscalibrated_intervals_lower_the_score() {
        let wide = interval_coverage(Some(&record(60, |_| 100.0, swinging)));
        assert_eq!(wide.condition, Condition::Warning, "all of 60 inside 90 %: {wide:?}");
        let narrow = interval_coverage(Some(&record(60, |_| 100.0, |day| if day % 2 == 0 { 110.0 } else { 101.0 })));
        assert_eq!((narrow.score, narrow.condition), (Some(0.0), Condition::Critical));
        let right = interval_coverage(Some(&record(60, |_| 100.0, |day| if day % 10 == 0 { 110.0 } else { 101.0 })));
        assert_eq!((right.score, right.condition), (Some(100.0), Condition::Healthy));
    }
}
