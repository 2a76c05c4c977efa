//! What became of the forecasts: errors beside naive's, leaning, coverage.

use super::finding::{Component, Condition, Evidence, Finding};
use crate::{
    track_record::{MIN_RECORD_DAYS, TrackRecord},
    verdict::SIGNIFICANCE_LEVEL,
};

/// Error over naive's from which on a model does harm, if it is not by chance.
const ERROR_CRITICAL: f64 = 1.05;

/// Error over naive's at which nothing is left of the score.
const ERROR_WORTHLESS: f64 = 1.25;

/// Level of the interval that is judged.
const JUDGED_LEVEL: f64 = 0.9;

/// How far the share of closes inside may be from the level, if it is not by chance; at twice as far nothing is left of the score.
const COVERAGE_CRITICAL: f64 = 0.1;

/// Size of a bias, in standard deviations of a day's return, from which on it is critical, if it is not by chance; at twice
/// as much nothing is left of the score.
const BIAS_CRITICAL: f64 = 0.25;

fn figure(name: &'static str, value: f64) -> Evidence {
    Evidence { name, value }
}

/// Returns that the record is too short.
fn too_short(component: Component, days: usize) -> Finding {
    let summary = format!("{days} forecasts have been settled, and {MIN_RECORD_DAYS} are needed to judge them");
    Finding::insufficient(component, summary, vec![figure("days", days as f64)])
}

/// Judges the mean absolute error over naive's on the same days: 100 up to 1, and down to 0 at 1.25. Critical above 1.05 when the
/// Diebold–Mariano test says that it is not by chance.
#[must_use]
pub fn error_against_naive(record: Option<&TrackRecord>) -> Finding {
    const COMPONENT: Component = Component::ErrorAgainstNaive;
    let days = record.map_or(0, |record| record.days.len());
    let Some(record) = record.filter(|_| days >= MIN_RECORD_DAYS) else { return too_short(COMPONENT, days) };
    let (model, naive) = (&record.errors.model, &record.errors.naive);
    let Some(ratio) = model.rel_mae_naive else {
        let summary = "naive made no error at all: nothing can be said beside it".to_owned();
        return Finding::insufficient(COMPONENT, summary, vec![figure("days", days as f64)]);
    };
    let sure = model.dm_p_value.is_some_and(|p_value| p_value < SIGNIFICANCE_LEVEL);
    let condition = match ratio {
        ratio if sure && ratio > ERROR_CRITICAL => Condition::Critical,
        ratio if (sure && ratio > 1.0) || ratio > ERROR_CRITICAL => Condition::Warning,
        _ => Condition::Healthy,
    };
    let chance = if sure { "more than chance explains" } else { "no more than chance explains" };
    let summary = format!(
        "the error is {ratio:.3} times naive's on {days} sessions ({:.4} against {:.4}), which is {chance}",
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
    let act = "train the model again; if it stays worse than naive, go back with `closecast models rollback`";
    Finding::judged(COMPONENT, (score, condition), summary, (evidence, Some(ERROR_CRITICAL)), act)
}

/// Judges the mean of `ln(close / point)` in standard deviations of the realised returns: 100 while its 95 % interval holds 0, and
/// else down to 0 at half a standard deviation.
#[must_use]
pub fn bias(record: Option<&TrackRecord>) -> Finding {
    const COMPONENT: Component = Component::Bias;
    let days = record.map_or(0, |record| record.days.len());
    let Some(record) = record.filter(|_| days >= MIN_RECORD_DAYS) else { return too_short(COMPONENT, days) };
    let spread = record.realised_returns.standard_deviation;
    let Some(bias) = record.bias.filter(|_| spread > 0.0) else {
        let summary = "closes did not move: there is no bias to be seen".to_owned();
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
        "closes came out {:.3} % {side} the forecasts on average of {days} sessions (95 % interval of the bias {:.3} % to {:.3} %)",
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

/// Judges how often closes fell into the interval of 90 %: 100 while the Wilson interval of the share holds it, and else down to 0
/// at 20 percentage points. Too narrow can be critical; too wide promises nothing that does not come.
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
        "{} of {days} closes lay in the interval of {:.0} %: {:.1} % (95 % interval {:.1} % to {:.1} %)",
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
    let act = "take the intervals for too narrow or too wide until the model has been trained again";
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
    fn nothing_is_made_up_of_few_days() {
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
    fn as_good_as_naive_is_healthy_and_surely_worse_is_critical() {
        let naive = error_against_naive(Some(&record(60, |_| 100.0, swinging)));
        assert_eq!((naive.score, naive.condition), (Some(100.0), Condition::Healthy));
        let harmful = error_against_naive(Some(&record(60, |day| 100.0 - 3.0 * (swinging(day) - 100.0), swinging)));
        assert_eq!((harmful.score, harmful.condition), (Some(0.0), Condition::Critical));
        assert!(harmful.recommendation.is_some() && harmful.evidence[0].value > 3.9, "{harmful:?}");
        let slightly = error_against_naive(Some(&record(60, |day| 100.0 - 0.1 * (swinging(day) - 100.0), swinging)));
        assert!((slightly.score.unwrap() - 60.0).abs() < 1e-9, "1.1 times naive's: {slightly:?}");
    }

    #[test]
    fn a_bias_counts_when_it_is_sure() {
        assert_eq!(bias(Some(&record(60, |_| 100.0, swinging))).condition, Condition::Healthy);
        let leaning = bias(Some(&record(60, |_| 98.0, swinging)));
        assert_eq!(leaning.condition, Condition::Critical);
        assert!(leaning.summary.contains("above"), "{}", leaning.summary);
        assert_eq!(bias(Some(&record(60, |_| 100.0, |_| 100.0))).condition, Condition::InsufficientData);
    }

    #[test]
    fn intervals_that_are_too_narrow_or_too_wide_are_told() {
        let wide = interval_coverage(Some(&record(60, |_| 100.0, swinging)));
        assert_eq!(wide.condition, Condition::Warning, "all of 60 inside 90 %: {wide:?}");
        let narrow = interval_coverage(Some(&record(60, |_| 100.0, |day| if day % 2 == 0 { 110.0 } else { 101.0 })));
        assert_eq!((narrow.score, narrow.condition), (Some(0.0), Condition::Critical));
        let right = interval_coverage(Some(&record(60, |_| 100.0, |day| if day % 10 == 0 { 110.0 } else { 101.0 })));
        assert_eq!((right.score, right.condition), (Some(100.0), Condition::Healthy));
    }
}
