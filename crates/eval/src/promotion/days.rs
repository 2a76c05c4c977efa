//! Selection of the sessions that two models are compared on.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use closecast_domain::{History, TrainingCutoff};

use super::thresholds::MIN_SESSIONS;

/// Recent sessions that neither model was trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recent {
    /// First session; `None` if there is none.
    pub(super) first: Option<NaiveDate>,
    /// Last session that either model was trained on.
    pub(super) seen_until: NaiveDate,
    /// Caveat about these sessions.
    pub(super) note: Option<String>,
}

/// Returns the newest `sessions` sessions of any of `histories` that neither model was trained on.
///
/// Calibration days of a model's intervals are left out too, unless fewer than [`MIN_SESSIONS`] sessions come after them: then
/// they are included, with a note.
pub(super) fn recent(
    histories: &[History],
    champion: TrainingCutoff,
    challenger: TrainingCutoff,
    sessions: usize,
) -> Recent {
    let after = |date: NaiveDate| -> BTreeSet<NaiveDate> {
        histories.iter().flat_map(|history| history.dates().rev().take_while(move |day| *day > date)).collect()
    };
    let newest = |days: &BTreeSet<NaiveDate>| {
        let back = sessions.max(1).min(days.len()).checked_sub(1)?;
        days.iter().nth_back(back).copied()
    };
    let weights = champion.weights.max(challenger.weights);
    let intervals = champion.intervals.max(challenger.intervals).max(weights);
    let strict = after(intervals);
    if strict.len() >= MIN_SESSIONS || intervals == weights {
        return Recent { first: newest(&strict), seen_until: intervals, note: None };
    }
    let all = after(weights);
    let whose = match (champion.intervals > weights, challenger.intervals > weights) {
        (true, true) => "both models were",
        (true, false) => "the champion were",
        _ => "the challenger were",
    };
    let note = format!(
        "the widths of the intervals of {whose} calibrated on days up to {intervals}, which are among those compared: only {} \
         sessions came after them",
        strict.len()
    );
    Recent { first: newest(&all), seen_until: weights, note: Some(note) }
}

#[cfg(test)]
mod tests {
    use closecast_testkit::histories::random_walk;

    use super::*;

    fn seen(history: &History, weights: usize, intervals: usize) -> TrainingCutoff {
        TrainingCutoff { weights: history.bars()[weights].date, intervals: history.bars()[intervals].date }
    }

    #[test]
    fn recent_sessions_come_after_both_models() {
        let history = random_walk("AAA", 300, 1);
        let on = |position: usize| Some(history.bars()[position].date);
        let histories = [history.clone(), random_walk("BBB", 280, 2)];
        let (old, new) = (seen(&history, 100, 100), seen(&history, 200, 200));
        for (champion, challenger) in [(old, new), (new, old)] {
            assert_eq!(recent(&histories, champion, challenger, 60).first, on(240));
            let all = recent(&histories, champion, challenger, 1000);
            assert_eq!((all.first, Some(all.seen_until), all.note), (on(201), on(200), None));
        }
        let none = recent(&histories, old, seen(&history, 299, 299), 60);
        assert_eq!(none.first, None);
    }

    #[test]
    fn calibration_days_are_left_out_unless_too_few_sessions_remain() {
        let history = random_walk("AAA", 300, 1);
        let on = |position: usize| Some(history.bars()[position].date);
        let champion = seen(&history, 100, 100);
        let first = |calibrated: usize| {
            let recent = recent(std::slice::from_ref(&history), champion, seen(&history, 216, calibrated), 60);
            (recent.first, recent.note)
        };
        assert_eq!(first(279), (on(280), None), "20 are left");
        let (first, note) = first(280);
        assert_eq!(first, on(240));
        let note = note.unwrap();
        assert!(note.contains("of the challenger") && note.contains("only 19 sessions"), "{note}");
    }
}
