//! Duplicate dates.

use super::findings::{Finding, Findings, figure};
use super::raw_rows::RawRows;
use super::{DefectKind, Severity};
use crate::RawBar;

/// Keeps the last delivered row of each date, with the dividend and split of an earlier one if it has none itself.
pub(crate) fn drop(raw_rows: &mut RawRows, findings: &mut Findings) {
    for group in raw_rows.bars.chunk_by(|one, other| one.date == other.date) {
        if let [_, .., last] = group {
            findings.push(finding(group, last));
        }
    }
    // In place: a long series takes megabytes.
    raw_rows.bars.dedup_by(|later, kept| {
        let is_same = later.date == kept.date;
        if is_same {
            later.dividend = if later.dividend == 0.0 { kept.dividend } else { later.dividend };
            later.split = if later.split == 1.0 { kept.split } else { later.split };
            std::mem::swap(later, kept);
        }
        is_same
    });
}

fn finding(group: &[RawBar], last: &RawBar) -> Finding {
    let equal = group.iter().all(|bar| numbers(bar) == numbers(last));
    let closes: Vec<_> = group.iter().map(|bar| figure(bar.close.unwrap_or(f64::NAN))).collect();
    let rows = group.len();
    let (severity, detail) = if equal {
        (Severity::Info, format!("{rows} equal rows"))
    } else {
        (Severity::Warning, format!("{rows} rows that differ, closes {}", closes.join(", ")))
    };
    Finding {
        kind: DefectKind::DuplicateDate,
        severity,
        dates: (last.date, last.date),
        sessions: 1,
        detail,
        action: "the last one delivered is kept".to_owned(),
    }
}

/// Returns the numbers of a bar as bits, so that NaN equals NaN.
fn numbers(bar: &RawBar) -> [Option<u64>; 6] {
    [bar.open, bar.high, bar.low, bar.close, bar.adj_close, bar.volume].map(|value| value.map(f64::to_bits))
}
