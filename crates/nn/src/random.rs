//! Pseudo-random numbers that depend only on the seed, not on platform or crate versions.

/// SplitMix64 (Steele, Lea & Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    /// Returns the generator of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Returns a uniform number in `[0, 1)`, a multiple of 2⁻²⁴.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Returns a uniform integer in `0..bound`, without bias (Lemire 2019, with rejection).
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }
}

/// Returns the avalanche function of SplitMix64: every bit of `x` moves half the bits of the result.
pub(crate) fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Returns the first 64 bits of the sequence of `seed`: a stateless random choice.
///
/// ```
/// assert_eq!(closecast_nn::first_bits(1_234_567), 6_457_827_717_110_365_317);
/// ```
#[must_use]
pub fn first_bits(seed: u64) -> u64 {
    SplitMix64::new(seed).next()
}

/// Returns a seed that depends on every part, and on their order.
pub(crate) fn combine(parts: &[u64]) -> u64 {
    parts.iter().fold(0x243f_6a88_85a3_08d3, |seed, &part| mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ mix(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_published_sequence() {
        // First outputs of Java's SplittableRandom(1234567), as listed at rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64.
        let mut generator = SplitMix64::new(1_234_567);
        let found: Vec<u64> = (0..3).map(|_| generator.next()).collect();
        assert_eq!(found, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn is_uniform() {
        let mut generator = SplitMix64::new(7);
        let mean = (0..100_000).map(|_| f64::from(generator.unit())).sum::<f64>() / 1e5;
        // The standard error is 0.29 / √1e5 = 9e-4.
        assert!((mean - 0.5).abs() < 4e-3, "{mean}");
        let mut counts = [0; 7];
        for _ in 0..70_000 {
            counts[generator.below(7) as usize] += 1;
        }
        assert!(counts.iter().all(|&count| (9_600..10_400).contains(&count)), "{counts:?}");
    }

    #[test]
    fn order_of_parts_matters() {
        assert_ne!(combine(&[1, 2]), combine(&[2, 1]));
        assert_ne!(combine(&[0]), combine(&[0, 0]));
    }
}
