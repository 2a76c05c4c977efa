//! Jumps by the ratio of a split that no recorded split explains.
//!
//! The adjusted closes are searched, where a recorded and applied split leaves no jump. A move counts as a split if it
//! is out of proportion to the surrounding days, close to a usual ratio, present at the open, and without the volume of
//! a crash: Apple lost 52 % on 2000-09-29, but on twenty times its usual volume.

mod evidence;

use super::findings::{Finding, Findings, figure};
use super::row::{Row, rescale};
use super::{DefectKind, Severity};
use crate::PriceBasis;
use crate::history::adjust;
use evidence::{Evidence, Origin};

/// Maximum sessions between a jump and its reversal for which the prices between count as wrong.
const MAX_EXCURSION: usize = 40;

/// Maximum difference, as a logarithm, between a jump and its reversal.
const SAME_JUMP: f64 = 0.1;

/// One jump in the adjusted closes.
#[derive(Clone, Copy, Debug)]
struct Jump {
    /// First row on the new level.
    row: usize,
    /// New level ÷ old level, rounded to the ratio of a split.
    ratio: f64,
    origin: Origin,
}

/// Reports jumps, and rescales prices where a nearby recorded split proves which side is wrong and by how much.
pub(crate) fn repair(rows: &mut [Row], basis: PriceBasis, findings: &mut Findings) {
    let mut jumps = find(rows, basis).into_iter().peekable();
    while let Some(jump) = jumps.next() {
        if let Origin::RealMove { times_usual_volume } = jump.origin {
            findings.push(real_move(rows, jump, times_usual_volume));
            continue;
        }
        let back = jumps
            .next_if(|back| back.row - jump.row <= MAX_EXCURSION && (back.ratio * jump.ratio).ln().abs() < SAME_JUMP);
        // With a reversal, the prices between the jumps are wrong; without one, all prices before the jump.
        let (range, scale) = back.map_or((0..jump.row, jump.ratio), |back| (jump.row..back.row, 1.0 / jump.ratio));
        let proven = jump.origin == Origin::NearRecord || back.is_some_and(|back| back.origin == Origin::NearRecord);
        let detail = figures(rows, jump);
        let dates = match back {
            Some(back) => (rows[jump.row].date, rows[back.row - 1].date),
            None => (rows[jump.row].date, rows[jump.row].date),
        };
        let repaired = proven && rescale(rows, range.clone(), scale);
        if repaired {
            for row in &mut rows[range.clone()] {
                row.volume /= scale;
            }
        }
        findings.push(Finding {
            kind: DefectKind::SplitJump,
            severity: if repaired { Severity::Warning } else { Severity::Error },
            dates,
            sessions: range.len(),
            detail,
            action: action(repaired, back.is_some(), scale),
        });
    }
}

fn find(rows: &[Row], basis: PriceBasis) -> Vec<Jump> {
    let evidence = Evidence::new(rows, &adjust::price_factors(rows, basis));
    (1..rows.len()).filter_map(|row| evidence.judge(row).map(|(ratio, origin)| Jump { row, ratio, origin })).collect()
}

fn figures(rows: &[Row], jump: Jump) -> String {
    let (before, after) = (&rows[jump.row - 1], &rows[jump.row]);
    let split = if jump.ratio < 1.0 {
        format!("a split of {} to 1", figure(1.0 / jump.ratio))
    } else {
        format!("a reverse split of 1 to {}", figure(jump.ratio))
    };
    format!("close {} to {}, like {split}", figure(before.close), figure(after.close))
}

fn action(repaired: bool, excursion: bool, scale: f64) -> String {
    match (repaired, excursion) {
        (true, true) => format!("prices multiplied by {}, as a nearby recorded split implies", figure(scale)),
        (true, false) => {
            format!("earlier prices multiplied by {}, as a nearby recorded split implies", figure(scale))
        }
        (false, _) => "kept: no recorded split explains it".to_owned(),
    }
}

fn real_move(rows: &[Row], jump: Jump, times_usual_volume: f64) -> Finding {
    let (before, after) = (&rows[jump.row - 1], &rows[jump.row]);
    let (from, to) = (figure(before.close), figure(after.close));
    Finding {
        kind: DefectKind::SplitJump,
        severity: Severity::Info,
        dates: (after.date, after.date),
        sessions: 1,
        detail: format!("close {from} to {to} on {times_usual_volume:.0} times the usual volume"),
        action: "kept: taken for a real move".to_owned(),
    }
}
