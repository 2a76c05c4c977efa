//! Order of the training samples.

use crate::random::{SplitMix64, combine};

/// Returns the samples of one epoch in training order: a Fisher–Yates shuffle (Durstenfeld
/// 1964) that depends on `seed` and `epoch` only.
///
/// ```
/// use closecast_nn::shuffled;
/// assert_eq!(shuffled(&[60, 61, 62, 63], 42, 0), shuffled(&[60, 61, 62, 63], 42, 0));
/// ```
pub fn shuffled(samples: &[usize], seed: u64, epoch: u64) -> Vec<usize> {
    let mut order = samples.to_vec();
    let mut generator = SplitMix64::new(combine(&[seed, epoch]));
    for last in (1..order.len()).rev() {
        order.swap(last, generator.below(last as u64 + 1) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_every_sample_once() {
        let samples: Vec<usize> = (100..357).collect();
        let mut order = shuffled(&samples, 1, 2);
        assert_ne!(order, samples);
        order.sort_unstable();
        assert_eq!(order, samples);
        assert!(shuffled(&[], 1, 2).is_empty());
    }

    #[test]
    fn depends_on_seed_and_epoch() {
        let samples: Vec<usize> = (0..50).collect();
        let order = shuffled(&samples, 1, 2);
        assert_eq!(order, shuffled(&samples, 1, 2));
        assert_ne!(order, shuffled(&samples, 1, 3));
        assert_ne!(order, shuffled(&samples, 2, 2));
    }

    #[test]
    fn gives_every_permutation_equally_often() {
        let mut counts = std::collections::BTreeMap::new();
        for epoch in 0..6_000 {
            *counts.entry(shuffled(&[0, 1, 2], 9, epoch)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        // 1000 expected, standard deviation 29.
        assert!(counts.values().all(|&count| (870..1130).contains(&count)), "{counts:?}");
    }
}
