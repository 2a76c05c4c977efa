//! Collects findings and turns them into a report.

use std::ops::Range;

use chrono::NaiveDate;

use super::{Defect, DefectKind, QualityReport, Severity};

/// A finding with the number of affected sessions, which the score needs.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) kind: DefectKind,
    pub(crate) severity: Severity,
    /// First and last affected date.
    pub(crate) dates: (NaiveDate, NaiveDate),
    pub(crate) sessions: usize,
    pub(crate) detail: String,
    pub(crate) action: String,
}

/// A defective row. Occurrences on adjacent rows are merged into one finding.
#[derive(Clone, Debug)]
pub(crate) struct Occurrence {
    pub(crate) row: usize,
    pub(crate) detail: String,
}

/// Properties shared by all occurrences of one check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) kind: DefectKind,
    pub(crate) severity: Severity,
    pub(crate) action: &'static str,
}

/// The findings so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    pub(crate) fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Adds a finding for each run of adjacent `occurrences`, which are in order. `dates` are those of all rows.
    pub(crate) fn push_runs(&mut self, verdict: Verdict, dates: &[NaiveDate], occurrences: &[Occurrence]) {
        self.push_judged_runs(dates, occurrences, |_| verdict);
    }

    /// Adds a finding for each run of adjacent `occurrences`; `judge` gets the number of sessions of the run.
    pub(crate) fn push_judged_runs(
        &mut self,
        dates: &[NaiveDate],
        occurrences: &[Occurrence],
        judge: impl Fn(usize) -> Verdict,
    ) {
        for run in runs(occurrences.iter().map(|occurrence| occurrence.row)) {
            let first = &occurrences[occurrences.partition_point(|occurrence| occurrence.row < run.start)];
            let verdict = judge(run.len());
            let detail = match run.len() {
                1 => first.detail.clone(),
                length => format!("{length} sessions, the first: {}", first.detail),
            };
            self.push(Finding {
                kind: verdict.kind,
                severity: verdict.severity,
                dates: (dates[run.start], dates[run.end - 1]),
                sessions: run.len(),
                detail,
                action: verdict.action.to_owned(),
            });
        }
    }

    /// Returns the report with findings in order of date.
    pub(crate) fn into_report(mut self, rows_delivered: usize, rows_kept: usize) -> QualityReport {
        self.0.sort_by_key(|finding| (finding.dates, finding.kind));
        let score = self.score(rows_delivered.max(rows_kept));
        let defects = self.0.into_iter().map(Defect::from).collect();
        QualityReport { rows_delivered, rows_kept, defects, score }
    }

    /// Returns 100 × (1 − Σ weight(severity) · affected sessions / sessions), at least 0, where sessions are the
    /// delivered rows and the missing ones. A further finding never raises it.
    fn score(&self, rows: usize) -> f64 {
        let missing: usize =
            self.0.iter().filter(|f| f.kind == DefectKind::MissingSession).map(|finding| finding.sessions).sum();
        let burden: f64 = self.0.iter().map(|finding| weight(finding.severity) * finding.sessions as f64).sum();
        let share = burden / (rows + missing).max(1) as f64;
        100.0 * (1.0 - share.min(1.0))
    }
}

impl From<Finding> for Defect {
    fn from(finding: Finding) -> Self {
        Self {
            kind: finding.kind,
            severity: finding.severity,
            date: finding.dates.0,
            end_date: finding.dates.1,
            detail: finding.detail,
            action: finding.action,
        }
    }
}

/// Returns the weight of one affected session in the score.
fn weight(severity: Severity) -> f64 {
    match severity {
        Severity::Info => 0.05,
        Severity::Warning => 1.0,
        Severity::Error => 3.0,
    }
}

/// Returns the runs of consecutive numbers in `rows`, which increase.
pub(crate) fn runs(rows: impl IntoIterator<Item = usize>) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for row in rows {
        match runs.last_mut() {
            Some(run) if run.end == row => run.end = row + 1,
            _ => runs.push(row..row + 1),
        }
    }
    runs
}

/// Formats `value` for a report: at most six decimals, and an exponent for very large or small values.
pub(crate) fn figure(value: f64) -> String {
    if value == 0.0 || (1e-4..1e12).contains(&value.abs()) {
        let text = format!("{value:.6}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.4e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figure_is_short() {
        let cases = [(0.0, "0"), (34.700001, "34.700001"), (120.0, "120"), (-0.5, "-0.5"), (1e300, "1.0000e300")];
        for (value, text) in cases {
            assert_eq!(figure(value), text);
        }
        assert_eq!(figure(f64::NAN), "NaN");
    }

    #[test]
    fn runs_merges_adjacent_rows() {
        assert_eq!(runs([1, 2, 3, 7, 9, 10]), [1..4, 7..8, 9..11]);
        assert_eq!(runs([]), []);
    }

    #[test]
    fn score_is_weighted_share_of_sessions() {
        let finding = |kind, severity, sessions| Finding {
            kind,
            severity,
            dates: Default::default(),
            sessions,
            detail: String::new(),
            action: String::new(),
        };
        let score = |list: Vec<Finding>| Findings(list).into_report(100, 90).score;
        assert_eq!(score(vec![]), 100.0);
        let warning = finding(DefectKind::ZeroVolume, Severity::Warning, 10);
        assert!((score(vec![warning.clone()]) - 90.0).abs() < 1e-9);
        let gap = finding(DefectKind::MissingSession, Severity::Error, 25);
        assert!((score(vec![warning, gap]) - 100.0 * (1.0 - 85.0 / 125.0)).abs() < 1e-9);
        assert_eq!(score(vec![finding(DefectKind::SplitJump, Severity::Error, 99)]), 0.0);
    }
}
