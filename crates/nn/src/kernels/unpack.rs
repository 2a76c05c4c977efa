//! Conversion from the layout of the kernels to that of the parameters.

use super::kernel::Kernel;
use super::lanes::{LANES, Lanes, gate_columns};
use super::simd::Simd;

/// Turns `[input][unit, gate]`, rows padded to whole vectors, into PyTorch's `[gate, unit][input]`, in squares of 16 × 16.
pub(crate) struct UnpackGates<'a> {
    /// Number of hidden units.
    pub(crate) hidden: usize,
    /// Number of inputs.
    pub(crate) inputs: usize,
    pub(crate) source: &'a [Lanes],
    pub(crate) out: &'a mut [f32],
}

impl Kernel for UnpackGates<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let columns = gate_columns(self.hidden);
        for first in (0..self.inputs).step_by(LANES) {
            let count = LANES.min(self.inputs - first);
            for column in 0..columns {
                let mut rows = [simd.splat(0.0); LANES];
                for (row, source) in rows.iter_mut().zip(self.source[first * columns..].chunks(columns)).take(count) {
                    *row = simd.load(&source[column]);
                }
                let rows = simd.transpose(rows);
                for (lane, row) in rows.into_iter().enumerate() {
                    let place = column * LANES + lane;
                    let (unit, gate) = (place / 4, place % 4);
                    if unit >= self.hidden {
                        break;
                    }
                    let mut line = Lanes::ZERO;
                    simd.store(row, &mut line);
                    let out = &mut self.out[(gate * self.hidden + unit) * self.inputs + first..][..count];
                    match out.first_chunk_mut::<LANES>() {
                        Some(out) => *out = line.0,
                        None => out.copy_from_slice(&line.0[..count]),
                    }
                }
            }
        }
    }
}

/// Adds one matrix to another.
pub(crate) struct AddLanes<'a> {
    pub(crate) sum: &'a mut [Lanes],
    pub(crate) values: &'a [Lanes],
}

impl Kernel for AddLanes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (sum, value) in self.sum.iter_mut().zip(self.values) {
            simd.store(simd.add(simd.load(sum), simd.load(value)), sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dispatch::Isa;
    use super::*;

    #[test]
    fn unpacking_places_every_value() {
        for (hidden, inputs) in [(1, 1), (5, 16), (16, 17), (23, 40)] {
            let columns = gate_columns(hidden);
            let mut source = vec![Lanes([f32::NAN; LANES]); inputs * columns];
            let number = |gate: usize, unit: usize, input: usize| (gate * 10_000 + unit * 100 + input) as f32;
            for input in 0..inputs {
                for place in 0..4 * hidden {
                    source[input * columns + place / LANES].0[place % LANES] = number(place % 4, place / 4, input);
                }
            }
            for isa in Isa::available() {
                let mut out = vec![f32::NAN; 4 * hidden * inputs];
                isa.run(UnpackGates { hidden, inputs, source: &source, out: &mut out });
                let expected =
                    (0..4 * hidden).flat_map(|row| (0..inputs).map(move |k| number(row / hidden, row % hidden, k)));
                assert_eq!(out, expected.collect::<Vec<_>>(), "{} {hidden} {inputs}", isa.name());
            }
        }
    }
}
