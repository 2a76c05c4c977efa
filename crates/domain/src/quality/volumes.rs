//! Sessions without volume, and invalid volumes.

use std::ops::Range;

use super::findings::{Finding, Findings, Occurrence, Verdict, figure};
use super::row::usable_volume;
use super::{DefectKind, Severity};
use crate::RawBar;

/// Reports the volumes of `bars`. The rows of `stale` runs are reported already.
pub(crate) fn report(bars: &[RawBar], stale: &[Range<usize>], findings: &mut Findings) {
    let dates: Vec<_> = bars.iter().map(|bar| bar.date).collect();
    let negative = |bar: &RawBar| bar.volume.is_some_and(|volume| volume < 0.0);
    let occurrences: Vec<Occurrence> = (0..bars.len())
        .filter(|&row| negative(&bars[row]))
        .map(|row| Occurrence { row, detail: format!("a volume of {}", figure(bars[row].volume.unwrap_or(0.0))) })
        .collect();
    let action = "taken as 0";
    let verdict = Verdict { kind: DefectKind::NegativeVolume, severity: Severity::Warning, action };
    findings.push_runs(verdict, &dates, &occurrences);
    if bars.len() > 1 && bars.iter().all(|bar| usable_volume(bar.volume) == 0.0 && !negative(bar)) {
        findings.push(without_any(bars));
        return;
    }
    let occurrences: Vec<Occurrence> = (0..bars.len())
        .filter(|&row| usable_volume(bars[row].volume) == 0.0 && !negative(&bars[row]))
        .filter(|row| !stale.get(stale.partition_point(|run| run.end <= *row)).is_some_and(|run| run.contains(row)))
        .map(|row| Occurrence { row, detail: detail(bars[row].volume) })
        .collect();
    let verdict = Verdict { kind: DefectKind::ZeroVolume, severity: Severity::Warning, action: "kept, with volume 0" };
    findings.push_runs(verdict, &dates, &occurrences);
}

/// Returns the finding for a series without any volume, such as an index or a currency.
fn without_any(bars: &[RawBar]) -> Finding {
    Finding {
        kind: DefectKind::ZeroVolume,
        severity: Severity::Info,
        dates: (bars[0].date, bars[bars.len() - 1].date),
        sessions: 1,
        detail: "the series has no volume at all".to_owned(),
        action: "kept, with volume 0".to_owned(),
    }
}

fn detail(volume: Option<f64>) -> String {
    match volume {
        None => "no volume given".to_owned(),
        Some(0.0) => "no share was traded".to_owned(),
        Some(volume) => format!("a volume of {}", figure(volume)),
    }
}
