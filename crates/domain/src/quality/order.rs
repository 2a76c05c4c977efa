//! Unordered rows.

use super::findings::{Finding, Findings};
use super::{DefectKind, Severity};
use crate::RawBar;

/// Sorts `bars` by date, stably. A series that runs from newest to oldest throughout is one harmless finding.
pub(crate) fn sort(bars: &mut [RawBar], findings: &mut Findings) {
    let behind: Vec<usize> = (1..bars.len()).filter(|&row| bars[row].date < bars[row - 1].date).collect();
    let Some(&first) = behind.first() else { return };
    let newest_first = bars.windows(2).all(|pair| pair[0].date >= pair[1].date);
    let (severity, sessions, detail) = if newest_first {
        (Severity::Info, 1, "the rows run from the newest to the oldest".to_owned())
    } else {
        let (late, early) = (bars[first - 1].date, bars[first].date);
        let rows = behind.len();
        (
            Severity::Warning,
            rows,
            format!("{rows} rows are dated before the previous row, the first {early} after {late}"),
        )
    };
    let dates = behind.iter().map(|&row| bars[row].date);
    let dates = (dates.clone().min().unwrap_or_default(), dates.max().unwrap_or_default());
    let action = "sorted by date".to_owned();
    findings.push(Finding { kind: DefectKind::Unordered, severity, dates, sessions, detail, action });
    bars.sort_by_key(|bar| bar.date);
}
