//! Successive halving (Jamieson & Talwalkar 2016; Li et al., "Hyperband", 2018): each rung trains the best third of the previous
//! rung's trials for three times as many epochs.

/// One in this many trials is promoted to the next rung.
pub(super) const REDUCTION: usize = 3;

/// Maximum number of rungs: with more, the first rung would be too short to rank the trials.
const MAX_RUNGS: u32 = 3;

/// Returns the epochs of each rung, ascending to `epochs`: as many distinct rungs as have at least one trial.
pub(super) fn rung_epochs(trials: usize, epochs: usize) -> Vec<usize> {
    let rungs = trials.max(1).ilog(REDUCTION).saturating_add(1).min(MAX_RUNGS);
    let mut lengths: Vec<usize> = (0..rungs).rev().map(|below| epochs.div_ceil(REDUCTION.pow(below))).collect();
    lengths.dedup();
    lengths
}

/// Returns the promoted trials, in order of their number: the best third by loss, rounded up, and always trial 0 as the
/// baseline. A trial without a finite loss is not promoted.
///
/// `losses` holds number and loss; ties are broken by the lower number.
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

/// Returns the maximum number of trials of each rung.
pub(super) fn rung_trials(trials: usize, rungs: usize) -> Vec<usize> {
    let next = |before: &usize| Some((before.div_ceil(REDUCTION) + 1).min(*before));
    std::iter::successors(Some(trials), next).take(rungs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_triple_from_rung_to_rung() {
        assert_eq!(rung_epochs(30, 50), [6, 17, 50]);
        assert_eq!(rung_epochs(8, 50), [17, 50]);
        assert_eq!(rung_epochs(2, 50), [50]);
        assert_eq!(rung_epochs(1, 50), [50]);
        assert_eq!(rung_epochs(30, 2), [1, 2]);
        assert_eq!(rung_epochs(1_000_000, 1), [1]);
    }

    #[test]
    fn best_third_and_first_trial_are_promoted() {
        let losses: Vec<(usize, f64)> =
            [9.0, 3.0, 1.0, f64::INFINITY, 2.0, 2.0, f64::NAN, 4.0].into_iter().enumerate().collect();
        assert_eq!(survivors(&losses), [0, 2, 4, 5]);
        assert_eq!(survivors(&losses[..4]), [0, 1, 2]);
        assert_eq!(survivors(&[(2, 1.0), (4, 1.0), (7, 1.0)]), [2], "of equal ones the earlier");
        assert!(survivors(&[(0, f64::NAN), (4, f64::INFINITY)]).is_empty(), "nothing that failed goes on");
    }

    #[test]
    fn rungs_have_at_most_the_announced_number_of_trials() {
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
