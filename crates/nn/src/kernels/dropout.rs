//! Dropout from a counter-based hash: no state, so the mask depends neither on threads nor on the order of work.

use super::kernel::Kernel;
use super::lanes::{LANES, Lanes};
use super::simd::Simd;
use crate::random::{combine, mix};

/// Multiplies `[step][unit]` by a mask of zeros (with the dropout probability `p`) and `1/(1 − p)`, PyTorch's inverted
/// dropout. An element's mask is a function of the key (seed, training step, layer), of its row in the batch and of its
/// place in the matrix: the backward pass computes it again instead of keeping it.
pub(crate) struct Dropout<'a> {
    pub(crate) key: u64,
    pub(crate) probability: f32,
    /// Index in the batch of the tile's first sample.
    pub(crate) first_row: usize,
    /// Values to mask; `None` masks `out` in place.
    pub(crate) source: Option<&'a [Lanes]>,
    pub(crate) out: &'a mut [Lanes],
}

impl Dropout<'_> {
    /// Returns the key of one layer's mask at one training step.
    pub(crate) fn key(seed: u64, step: u64, layer: usize) -> u64 {
        combine(&[seed, step, layer as u64])
    }
}

impl Kernel for Dropout<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let rows: [u32; LANES] = std::array::from_fn(|lane| (self.first_row + lane) as u32);
        let threshold = (f64::from(self.probability) * 4_294_967_296.0) as u32;
        let scale = 1.0 / (1.0 - self.probability);
        for (place, out) in self.out.iter_mut().enumerate() {
            let factors = Lanes(factors(mix(self.key.wrapping_add(place as u64)), rows, threshold, scale));
            let value = match self.source {
                Some(source) => simd.load(&source[place]),
                None => simd.load(out),
            };
            simd.store(simd.mul(value, simd.load(&factors)), out);
        }
    }
}

/// One hash for every row (MurmurHash3's 32-bit finaliser, A. Appleby), compared with the threshold.
#[inline(always)]
fn factors(stream: u64, rows: [u32; LANES], threshold: u32, scale: f32) -> [f32; LANES] {
    let (low, high) = (stream as u32, (stream >> 32) as u32);
    let mut out = [0.0; LANES];
    for lane in 0..LANES {
        let mut hash = rows[lane].wrapping_mul(0x9e37_79b1).wrapping_add(low);
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
        hash ^= (hash >> 16) ^ high;
        out[lane] = if hash >= threshold { scale } else { 0.0 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::dispatch::Isa;
    use super::*;

    fn masks(isa: Isa, key: u64, probability: f32, tiles: usize, places: usize) -> Vec<f32> {
        let ones = vec![Lanes([1.0; LANES]); places];
        (0..tiles)
            .flat_map(|tile| {
                let mut out = vec![Lanes::ZERO; places];
                isa.run(Dropout { key, probability, first_row: tile * LANES, source: Some(&ones), out: &mut out });
                out.into_iter().flat_map(|lanes| lanes.0)
            })
            .collect()
    }

    #[test]
    fn mean_and_variance_are_those_of_inverted_dropout() {
        for probability in [0.1f32, 0.2, 0.5, 0.9] {
            let mask = masks(Isa::best(), 11, probability, 8, 4000);
            let (n, p) = (mask.len() as f64, f64::from(probability));
            let mean = mask.iter().map(|&m| f64::from(m)).sum::<f64>() / n;
            let variance = mask.iter().map(|&m| (f64::from(m) - mean).powi(2)).sum::<f64>() / n;
            let expected = p / (1.0 - p);
            // Five standard errors of the mean; the variance follows from the same count of zeros.
            let bound = 5.0 * (expected / n).sqrt();
            assert!((mean - 1.0).abs() < bound, "p {p}: mean {mean}");
            assert!((variance - expected).abs() < 0.02 * (1.0 + expected), "p {p}: variance {variance}");
        }
    }

    #[test]
    fn neighbours_are_independent() {
        // Product of centred masks of neighbouring rows, places, steps and layers: 0 on average.
        let key = |step, layer| Dropout::key(5, step, layer);
        let base = masks(Isa::best(), key(3, 0), 0.5, 1, 8000);
        let correlation = |other: &[f32], shift: usize| {
            let pairs = base.iter().zip(&other[shift..]);
            let n = pairs.len() as f64;
            pairs.map(|(a, b)| f64::from((a - 1.0) * (b - 1.0))).sum::<f64>() / n
        };
        for (name, value) in [
            ("row", correlation(&base, 1)),
            ("place", correlation(&base, LANES)),
            ("step", correlation(&masks(Isa::best(), key(4, 0), 0.5, 1, 8000), 0)),
            ("layer", correlation(&masks(Isa::best(), key(3, 1), 0.5, 1, 8000), 0)),
        ] {
            // The standard error is 1/√128000 = 0.0028.
            assert!(value.abs() < 0.014, "{name}: {value}");
        }
    }

    #[test]
    fn is_the_same_on_every_instruction_set_and_in_every_tiling() {
        let expected = masks(Isa::best(), 1, 0.3, 2, 50);
        for isa in Isa::available() {
            assert_eq!(masks(isa, 1, 0.3, 2, 50), expected);
        }
        let ones = vec![Lanes([1.0; LANES]); 50];
        let mut out = ones.clone();
        Isa::best().run(Dropout { key: 1, probability: 0.3, first_row: 5, source: Some(&ones), out: &mut out });
        // Row 5 of the first tile is row 0 of a tile that starts there.
        assert!((0..50).all(|place| out[place].0[0] == expected[place * LANES + 5]));
    }

    #[test]
    fn nan_is_not_dropped() {
        let source = vec![Lanes([f32::NAN; LANES]); 100];
        let mut out = vec![Lanes::ZERO; 100];
        Isa::best().run(Dropout { key: 1, probability: 0.5, first_row: 0, source: Some(&source), out: &mut out });
        assert!(out.iter().all(|lanes| lanes.0.iter().all(|value| value.is_nan())));
    }
}
