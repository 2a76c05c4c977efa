//! Missing or invalid open, high and low beside a valid close.

use super::findings::{Findings, Occurrence, Verdict, figure};
use super::row::{Row, is_price, usable_volume};
use super::{DefectKind, Severity};
use crate::RawBar;

/// Returns the rows of `bars`, each of which has a usable close. A missing open becomes the close, a missing high or
/// low the higher or lower of open and close.
pub(crate) fn rows(bars: &[RawBar], findings: &mut Findings) -> Vec<Row> {
    let dates: Vec<_> = bars.iter().map(|bar| bar.date).collect();
    let occurrences = |kind| -> Vec<Occurrence> {
        let faults = bars.iter().enumerate().filter_map(|(row, bar)| fault(bar).map(|fault| (row, fault)));
        faults.filter(|(_, fault)| fault.0 == kind).map(|(row, fault)| Occurrence { row, detail: fault.1 }).collect()
    };
    let closes_only = bars.iter().all(|bar| [bar.open, bar.high, bar.low].iter().all(Option::is_none));
    let action = "filled from the close";
    for kind in [DefectKind::NonFinite, DefectKind::NonPositive] {
        // A source that delivers closes only is one property of the series, not a defect of each row.
        let severity = if closes_only { Severity::Info } else { Severity::Warning };
        findings.push_runs(Verdict { kind, severity, action }, &dates, &occurrences(kind));
    }
    bars.iter().map(row).collect()
}

fn row(bar: &RawBar) -> Row {
    let usable = |price: Option<f64>| price.filter(|&price| is_price(price));
    let close = bar.close.unwrap_or(f64::NAN);
    let open = usable(bar.open).unwrap_or(close);
    Row {
        date: bar.date,
        open,
        high: usable(bar.high).unwrap_or(open.max(close)),
        low: usable(bar.low).unwrap_or(open.min(close)),
        close,
        adj_close: usable(bar.adj_close),
        volume: usable_volume(bar.volume),
        dividend: bar.dividend,
        split: bar.split,
    }
}

/// Returns the defect of open, high and low: non-positive if one of them is zero or below, else non-finite.
fn fault(bar: &RawBar) -> Option<(DefectKind, String)> {
    let fields = [("open", bar.open), ("high", bar.high), ("low", bar.low)];
    let faulty = fields.into_iter().filter(|(_, price)| !price.is_some_and(is_price));
    let (mut kind, mut words) = (None, Vec::new());
    for (name, price) in faulty {
        let non_positive = price.is_some_and(|price| price.is_finite() && price < 1.0);
        kind = kind.max(Some(if non_positive { DefectKind::NonPositive } else { DefectKind::NonFinite }));
        words.push(price.map_or_else(|| format!("no {name}"), |price| format!("{name} {}", figure(price))));
    }
    kind.map(|kind| (kind, words.join(", ")))
}
