//! Random numbers as a function of seed, trial and field.

use sha2::{Digest, Sha256};

/// Key of the draws of one proposal. Draws of a field depend on neither other fields nor the number of trials, so that a
/// search with more trials reuses the finished ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    pub(super) seed: u64,
    pub(super) trial: usize,
    /// Number of rejected proposals of this trial that repeated an earlier trial.
    pub(super) attempt: usize,
}

impl Draws {
    /// Returns a uniform number in [0, 1), a multiple of 2⁻⁵³: the first bits of a SHA-256.
    pub(super) fn unit(&self, field: &str) -> f64 {
        let mut hash = Sha256::new();
        hash.update(format!("closecast tune {} {} {} {field}", self.seed, self.trial, self.attempt));
        let bits = hash.finalize().iter().take(8).fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte));
        (bits >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a uniform integer in `0..count`, 0 if `count` is 0.
    pub(super) fn below(&self, field: &str, count: usize) -> usize {
        ((self.unit(field) * count as f64) as usize).min(count.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_uniform_and_depend_on_every_part_of_the_key() {
        let draws = |trial| Draws { seed: 42, trial, attempt: 0 };
        let mean = (0..20_000).map(|trial| draws(trial).unit("layers")).sum::<f64>() / 2e4;
        // The standard error is 0.29 / √2e4 = 2e-3.
        assert!((mean - 0.5).abs() < 8e-3, "{mean}");
        let mut counts = [0; 5];
        (0..20_000).for_each(|trial| counts[draws(trial).below("layers", 5)] += 1);
        assert!(counts.iter().all(|count| (3_800..4_200).contains(count)), "{counts:?}");
        let first = draws(1).unit("layers");
        assert_eq!(first, draws(1).unit("layers"));
        let others = [
            Draws { seed: 43, ..draws(1) }.unit("layers"),
            Draws { attempt: 1, ..draws(1) }.unit("layers"),
            draws(1).unit("dropout"),
        ];
        assert!(others.iter().all(|other| *other != first));
    }

    #[test]
    fn draw_equals_the_first_bits_of_the_hash() {
        // hashlib.sha256(b"closecast tune 42 0 0 layers") in Python: (int.from_bytes(digest[:8], "big") >> 11) / 2**53
        assert_eq!(Draws { seed: 42, trial: 0, attempt: 0 }.unit("layers"), 0.130_956_068_911_334_6);
    }
}
