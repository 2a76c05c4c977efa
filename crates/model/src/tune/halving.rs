//! Successive halving (Jamieson & Talwalkar 2016; Li et al., "Hyperband", 2018), a rung at a time: every trial is trained for a few
//! epochs, the best third goes on to three times as many, and so on up to all of them.

/// One in so many trials goes on to the next rung.
pub(super) const REDUCTION: usize = 3;

/// Most rungs: with more, the first would be too short to tell anything.
const MOST_RUNGS: u32 = 3;

/// Returns the epochs of each rung, rising to `epochs`: as many rungs as `trials` leave at least one trial for, of different
/// lengths.
pub(super) fn rung_epochs(trials: usize, epochs: usize) -> Vec<usize> {
    let rungs = trials.max(1).ilog(REDUCTION).saturating_add(1).min(MOST_RUNGS);
    let mut lengths: Vec<usize> = (0..rungs).rev().map(|below| epochs.div_ceil(REDUCTION.pow(below))).collect();
    lengths.dedup();
    lengths
}

/// Returns the trials that go on, in order of their number: the best third of them by loss, rounded up, and trial 0 wherever it
/// stands, so that the result can be compared with it. A trial without a finite loss does not go on.
///
/// `losses` holds number and loss; of equal losses the lower number is better.
pub(super) fn survivors(losses: &[(usize, f64)]) -> Vec<usize> {
    let mut ranked: Vec<(usize, f64)> = losses.iter().copied().filter(|(_, loss)| loss.is_finite()).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let best = losses.len().div_ceil(REDUCTION);
    let goes_on = |&(place, (number, _)): &(usize, (usize, f64))| place < best || number == 0;
    let mut numbers: Vec<usize> =
        ranked.into_iter().enumerate().filter(goes_on).map(|(_, (number, _))| number).collect();
    numbers.sort_unstable();
    numbers
}

/// Returns how many trials each rung will have at most.
pub(super) fn rung_trials(trials: usize, rungs: usize) -> Vec<usize> {
    let next = |before: &usize| Some((before.div_ceil(REDUCTION) + 1).min(*before));
    std::iter::successors(Some(trials), next).take(rungs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_triple_up_to_all_of_them() {
        assert_eq!(rung_epochs(30, 50), [6, 17, 50]);
        assert_eq!(rung_epochs(8, 50), [17, 50]);
        assert_eq!(rung_epochs(2, 50), [50]);
        assert_eq!(rung_epochs(1, 50), [50]);
        assert_eq!(rung_epochs(30, 2), [1, 2]);
        assert_eq!(rung_epochs(1_000_000, 1), [1]);
    }

    #[test]
    fn the_best_third_goes_on_and_the_first_trial_with_it() {
        let losses: Vec<(usize, f64)> =
            [9.0, 3.0, 1.0, f64::INFINITY, 2.0, 2.0, f64::NAN, 4.0].into_iter().enumerate().collect();
        assert_eq!(survivors(&losses), [0, 2, 4, 5]);
        assert_eq!(survivors(&losses[..4]), [0, 1, 2]);
        assert_eq!(survivors(&[(2, 1.0), (4, 1.0), (7, 1.0)]), [2], "of equal ones the earlier");
        assert!(survivors(&[(0, f64::NAN), (4, f64::INFINITY)]).is_empty(), "nothing that failed goes on");
    }

    #[test]
    fn no_rung_has_more_trials_than_was_said() {
        for count in 1..200 {
            // The first is the worst: it is kept beside the best third.
            let losses: Vec<(usize, f64)> = (0..count).map(|number| (number, -(number as f64))).collect();
            let said = rung_trials(count, 3);
            let second = survivors(&losses);
            let third =
                survivors(&losses.iter().copied().filter(|(number, _)| second.contains(number)).collect::<Vec<_>>());
            assert_eq!([count, second.len(), third.len()].as_slice(), said, "{count}");
        }
    }
}
