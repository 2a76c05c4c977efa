//! Prices that are not updated.

use std::ops::Range;

use super::findings::{Finding, Findings, figure};
use super::row::Row;
use super::{DefectKind, Severity};

/// Minimum length of a run. Three or four sessions occur in illiquid stocks.
const MIN_RUN: usize = 5;

/// Sessions (a month) from which a run is an error: halted or delisted, and padded by the source.
const LONG_RUN: usize = 21;

/// Reports and returns the runs of at least [`MIN_RUN`] sessions with the same open, high, low and close. Volumes are
/// ignored: they continue where a source repeats its last prices.
pub(crate) fn report(rows: &[Row], findings: &mut Findings) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    for run in rows.chunk_by(repeats) {
        let range = start..start + run.len();
        start = range.end;
        if run.len() >= MIN_RUN && run.iter().any(|row| row.is_flat() || row.volume > 0.0) {
            findings.push(finding(run));
            runs.push(range);
        }
    }
    runs
}

fn repeats(one: &Row, next: &Row) -> bool {
    let prices = |row: &Row| [row.open, row.high, row.low, row.close];
    prices(one) == prices(next)
}

fn finding(run: &[Row]) -> Finding {
    let (first, last) = (&run[0], &run[run.len() - 1]);
    Finding {
        kind: DefectKind::StaleFlatRun,
        severity: if run.len() >= LONG_RUN { Severity::Error } else { Severity::Warning },
        dates: (first.date, last.date),
        sessions: run.len(),
        detail: format!("{} sessions with the same prices, close {}", run.len(), figure(first.close)),
        action: "kept".to_owned(),
    }
}
