//! Health of the inputs: prices, features, and age of the model.

use closecast_domain::{QualityReport, Severity};

use super::finding::{Component, Condition, Evidence, Finding};
use crate::drift::DriftReport;

/// Quality score below which the condition is a warning.
const QUALITY_WARNING: f64 = 90.0;

/// Missing sessions from which the condition is critical: longer than a typical outage of a provider.
const SESSIONS_CRITICAL: usize = 3;

/// Shares of drifted features from which the condition is a warning or critical.
const DRIFT_WARNING: f64 = 0.1;
const DRIFT_CRITICAL: f64 = 0.5;

/// Sessions after which the age lowers the score, and after which the score is 0: one and two years.
const AGE_WARNING: usize = 252;
const AGE_WORTHLESS: usize = 504;

fn evidence<const N: usize>(figures: [(&'static str, f64); N]) -> Vec<Evidence> {
    figures.into_iter().map(|(name, value)| Evidence { name, value }).collect()
}

/// Uses the score of the quality report. Critical if a remaining defect makes the series unsuitable for training.
#[must_use]
pub fn data_quality(report: &QualityReport) -> Finding {
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| report.count(severity));
    let condition = match report.has_errors() {
        true => Condition::Critical,
        false if report.score < QUALITY_WARNING => Condition::Warning,
        false => Condition::Healthy,
    };
    let [errors, warnings, remarks] = counts;
    let summary = format!(
        "quality {:.1} of 100 in {} sessions: {errors} errors, {warnings} warnings, {remarks} remarks",
        report.score, report.rows_kept
    );
    let figures = evidence([
        ("errors", errors as f64),
        ("warnings", warnings as f64),
        ("remarks", remarks as f64),
        ("quality_score", report.score),
    ]);
    let act = "look at the defects with `closecast check-data`, then fetch or import the prices again";
    Finding::judged(Component::DataQuality, (report.score, condition), summary, (figures, Some(1.0)), act)
}

/// Subtracts a quarter of the score for each closed session that is not stored.
#[must_use]
pub fn data_freshness(sessions_missing: usize) -> Finding {
    let condition = match sessions_missing {
        0 => Condition::Healthy,
        missing if missing < SESSIONS_CRITICAL => Condition::Warning,
        _ => Condition::Critical,
    };
    let summary = match sessions_missing {
        0 => "the newest settled session is stored".to_owned(),
        1 => "the newest settled session is not stored".to_owned(),
        missing => format!("the newest {missing} settled sessions are not stored"),
    };
    let figures = (evidence([("sessions_missing", sessions_missing as f64)]), Some(SESSIONS_CRITICAL as f64));
    let act = "fetch the prices with `closecast fetch`, and schedule a daily fetch";
    let score = 100.0 - 25.0 * sessions_missing as f64;
    Finding::judged(Component::DataFreshness, (score, condition), summary, figures, act)
}

/// 100 minus the percentage of drifted features.
#[must_use]
pub fn feature_drift(report: &DriftReport) -> Finding {
    let (drifted, all, share) = (report.drifted(), report.features.len(), report.share_drifted());
    let condition = match share {
        share if share >= DRIFT_CRITICAL => Condition::Critical,
        share if share >= DRIFT_WARNING => Condition::Warning,
        _ => Condition::Healthy,
    };
    let largest = report.features.iter().max_by(|a, b| a.shift.shift.abs().total_cmp(&b.shift.shift.abs()));
    let most = largest.map(|feature| format!("; the largest shift is that of {}", feature.feature));
    let summary =
        format!("{drifted} of {all} inputs have drifted in {} sessions{}", report.days, most.unwrap_or_default());
    let largest = largest.map_or(0.0, |feature| feature.shift.shift.abs());
    let figures = evidence([
        ("share_drifted", share),
        ("features_drifted", drifted as f64),
        ("features", all as f64),
        ("largest_shift", largest),
    ]);
    let act = "compare the errors with the naive forecast, and train the model again on the newest prices";
    let score = 100.0 * (1.0 - share);
    Finding::judged(Component::FeatureDrift, (score, condition), summary, (figures, Some(DRIFT_CRITICAL)), act)
}

/// 100 up to one year after the newest training data, falling to 0 at two years. Never critical.
#[must_use]
pub fn model_age(sessions: usize) -> Finding {
    let condition = if sessions > AGE_WARNING { Condition::Warning } else { Condition::Healthy };
    let summary = format!("{sessions} sessions have closed since the last one that the model was trained on");
    let score = 100.0 * (1.0 - sessions.saturating_sub(AGE_WARNING) as f64 / (AGE_WORTHLESS - AGE_WARNING) as f64);
    let act = "train the model again, or schedule a weekly training";
    let figures = (evidence([("sessions", sessions as f64)]), None);
    Finding::judged(Component::ModelAge, (score, condition), summary, figures, act)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_sessions_and_age_lower_the_score_step_by_step() {
        let freshness = [0, 1, 2, 3, 9].map(|missing| data_freshness(missing).score.unwrap());
        assert_eq!(freshness, [100.0, 75.0, 50.0, 25.0, 0.0]);
        assert_eq!(data_freshness(3).condition, Condition::Critical);
        assert_eq!((data_freshness(0).recommendation, data_freshness(0).condition), (None, Condition::Healthy));
        let age = [0, 252, 378, 504, 5000].map(|sessions| model_age(sessions).score.unwrap());
        assert_eq!(age, [100.0, 100.0, 50.0, 0.0, 0.0]);
        assert_eq!(model_age(5000).condition, Condition::Warning);
    }

    #[test]
    fn error_in_the_prices_is_critical_at_any_score() {
        let report = QualityReport { rows_delivered: 5, rows_kept: 5, defects: Vec::new(), score: 99.0 };
        assert_eq!(data_quality(&report).condition, Condition::Healthy);
        assert_eq!(data_quality(&QualityReport { score: 80.0, ..report.clone() }).condition, Condition::Warning);
        let defect = closecast_domain::Defect {
            kind: closecast_domain::DefectKind::ALL[0],
            severity: Severity::Error,
            date: chrono::NaiveDate::default(),
            end_date: chrono::NaiveDate::default(),
            detail: String::new(),
            action: String::new(),
        };
        let finding = data_quality(&QualityReport { defects: vec![defect], ..report });
        assert_eq!((finding.condition, finding.score), (Condition::Critical, Some(99.0)));
    }
}
