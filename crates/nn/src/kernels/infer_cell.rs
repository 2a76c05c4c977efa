//! Inference of the LSTM cell at one time step.
//!
//! Only the states are needed and not the gates, so the fractions have common denominators: two divisions per step instead
//! of five. With `a = e⁻ⁱ`, `b = e⁻ᶠ`, `d = e⁻ᵒ`, `e = e²ᵍ` and `q = e²ᶜ` (`i`, `f`, `g`, `o` before their activation)
//!
//! ```text
//! c = c'/(1+b) + (e−1)/((1+a)(e+1)) = (c'·(1+a)(e+1) + (e−1)(1+b)) / ((1+a)(1+b)(e+1))        h = (q−1) / ((1+d)(q+1))
//! ```
//! which equals the cell of `cell.rs` except for rounding. The exponentials are powers of two: the weights are scaled by
//! [`GATE_SCALE`] once, instead of every sum.

use super::simd::{ROUNDING, Simd};
use std::f32::consts::{LN_2, LOG2_E};

/// Factors of weights and biases of the gates i, f, g, o, so that `2ˣ` is `e⁻ⁱ`, `e⁻ᶠ`, `e²ᵍ` and `e⁻ᵒ`.
pub(crate) const GATE_SCALE: [f32; 4] = [-LOG2_E, -LOG2_E, 2.0 * LOG2_E, -LOG2_E];

/// Coefficients of `(2ʳ − 1) / r` for `|r| ≤ ½`, highest power first: relative error below 3e-8 (fixtures/minimax.py).
const POWER_OF_TWO: [f32; 6] = [1.540_351_2e-4, 1.339_073_8e-3, 9.618_238e-3, 5.550_357_3e-2, 2.402_264_9e-1, LN_2];

/// Powers are kept below `2⁴⁰` and above `2⁻¹²⁵`: a gate is then within 1e-12 of its limit, the product of three denominators is
/// finite, and no power leaves the normal numbers.
const EXPONENTS: (f32, f32) = (-125.0, 40.0);

/// Some numbers `2ˣ = (1 + excess)·2ⁿ`.
struct Powers<S: Simd, const N: usize> {
    excess: [S::Vector; N],
    /// `n`, in the lowest bits of the mantissa.
    shifted: [S::Vector; N],
}

impl<S: Simd, const N: usize> Powers<S, N> {
    /// Computes them, `x` moved between `−125` and `40`: operation by operation for all of them, because each waits for the one
    /// before.
    #[inline(always)]
    fn new(simd: S, x: [S::Vector; N]) -> Self {
        let (mut rest, mut shifted, mut excess) = (x, x, [simd.splat(POWER_OF_TWO[0]); N]);
        for i in 0..N {
            rest[i] = simd.clamp(x[i], EXPONENTS.0, EXPONENTS.1);
        }
        for i in 0..N {
            shifted[i] = simd.add(rest[i], simd.splat(ROUNDING));
        }
        for i in 0..N {
            rest[i] = simd.sub(rest[i], simd.sub(shifted[i], simd.splat(ROUNDING)));
        }
        for coefficient in &POWER_OF_TWO[1..] {
            for i in 0..N {
                excess[i] = simd.mul_add(excess[i], rest[i], simd.splat(*coefficient));
            }
        }
        for i in 0..N {
            excess[i] = simd.mul(excess[i], rest[i]);
        }
        Self { excess, shifted }
    }

    /// Returns `1 + 2ˣ`: relative error below 2e-7, NaN for the NaN that arithmetic makes.
    #[inline(always)]
    fn plus_one(&self, simd: S, i: usize) -> S::Vector {
        let one = simd.splat(1.0);
        simd.add(one, simd.add_exponent(simd.add(one, self.excess[i]), self.shifted[i]))
    }

    /// Returns `2ˣ − 1 = excess·2ⁿ + (2ⁿ − 1)`, where nothing cancels for small `x`, where `n` is 0: relative error below 4e-7, NaN for
    /// NaN.
    #[inline(always)]
    fn less_one(&self, simd: S, i: usize) -> S::Vector {
        let one = simd.splat(1.0);
        let power = simd.add_exponent(one, self.shifted[i]);
        simd.mul_add(self.excess[i], power, simd.sub(power, one))
    }
}

/// Returns `(c, h)` of some units from the scaled pre-activations and `c` of the step before.
#[inline(always)]
pub(super) fn infer<S: Simd, const N: usize>(
    simd: S,
    gates: [[S::Vector; 4]; N],
    previous_cells: [S::Vector; N],
) -> ([S::Vector; N], [S::Vector; N]) {
    let two = simd.splat(2.0);
    let (mut cells, mut outputs, mut doubled) = (previous_cells, previous_cells, previous_cells);
    for unit in 0..N {
        let powers = Powers::new(simd, gates[unit]);
        let (input, forget) = (powers.plus_one(simd, 0), powers.plus_one(simd, 1));
        let candidate = powers.less_one(simd, 2);
        let added = simd.mul(input, simd.add(candidate, two));
        let numerator = simd.mul_add(previous_cells[unit], added, simd.mul(candidate, forget));
        cells[unit] = simd.quotient(numerator, simd.mul(added, forget));
        outputs[unit] = powers.plus_one(simd, 3);
    }
    for unit in 0..N {
        doubled[unit] = simd.mul(cells[unit], simd.splat(2.0 * LOG2_E));
    }
    let powers = Powers::new(simd, doubled);
    for (unit, output) in outputs.iter_mut().enumerate() {
        let doubled = powers.less_one(simd, unit);
        *output = simd.quotient(doubled, simd.mul(*output, simd.add(doubled, two)));
    }
    (cells, outputs)
}

#[cfg(test)]
mod tests {
    use super::super::dispatch::Isa;
    use super::super::kernel::Kernel;
    use super::super::lanes::{LANES, Lanes};
    use super::*;

    /// Runs the cell on `[i, f, g, o, c']` of every lane.
    struct Step<'a>(&'a [[Lanes; 5]]);

    impl Kernel for Step<'_> {
        type Output = Vec<(Lanes, Lanes)>;
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let mut out = vec![(Lanes::ZERO, Lanes::ZERO); self.0.len()];
            for (values, (cell, hidden)) in self.0.iter().zip(&mut out) {
                let mut gates = [simd.splat(0.0); 4];
                for gate in 0..4 {
                    gates[gate] = simd.mul(simd.load(&values[gate]), simd.splat(GATE_SCALE[gate]));
                }
                let ([c], [h]) = infer(simd, [gates], [simd.load(&values[4])]);
                simd.store(c, cell);
                simd.store(h, hidden);
            }
            out
        }
    }

    fn run(isa: Isa, values: &[[f32; 5]]) -> Vec<(f32, f32)> {
        let tiles: Vec<[Lanes; 5]> = values
            .chunks(LANES)
            .map(|chunk| {
                let lane = |k: usize| Lanes(std::array::from_fn(|lane| chunk.get(lane).map_or(0.0, |value| value[k])));
                std::array::from_fn(lane)
            })
            .collect();
        let out = isa.run(Step(&tiles));
        (0..values.len()).map(|i| (out[i / LANES].0.0[i % LANES], out[i / LANES].1.0[i % LANES])).collect()
    }

    /// The parts of the cell's definition, in `f64`: `f·c'`, `i·g` and `o`.
    fn exact([i, f, g, o, previous]: [f32; 5]) -> (f64, f64, f64) {
        let sigmoid = |x: f32| 1.0 / (1.0 + f64::from(-x).exp());
        (sigmoid(f) * f64::from(previous), sigmoid(i) * f64::from(g).tanh(), sigmoid(o))
    }

    #[test]
    fn follows_the_definition_for_all_sizes_of_gates_and_states() {
        let sizes = [0.0, 1e-20, 1e-4, 0.03, 0.05, 0.1, 0.25, 0.4, 1.7, 5.0, 9.0, 20.0, 60.0, 200.0, 1e6, 1e30];
        let signed: Vec<f32> = sizes.iter().flat_map(|&size| [size, -size]).collect();
        let states = [0.0f32, 1e-6, 0.2, -0.9, 3.0, -17.0, 60.0, -4096.0];
        let mut values = Vec::new();
        for &i in &signed {
            for &f in &signed {
                for &g in &signed {
                    for &o in &signed {
                        values.extend(states.map(|state| [i, f, g, o, state]));
                    }
                }
            }
        }
        for isa in Isa::available() {
            for (values, (cell, hidden)) in values.iter().zip(run(isa, &values)) {
                let (kept, added, output) = exact(*values);
                // Relative to the parts, however small they are; a gate is no more closed than 1e-12.
                let tolerance = 1.2e-6 * (kept.abs() + added.abs()) + 1e-12 * (f64::from(values[4].abs()) + 1.0);
                let error = (f64::from(cell) - (kept + added)).abs();
                assert!(error < tolerance, "{}: c of {values:?}: {cell}, wrong by {error}", isa.name());
                // tanh is no steeper than 1, so the error of the state goes on as it is.
                let expected = output * (kept + added).tanh();
                let tolerance = 1.2e-6 * expected.abs() + output * tolerance + 1e-12;
                let error = (f64::from(hidden) - expected).abs();
                assert!(error < tolerance, "{}: h of {values:?}: {hidden}, wrong by {error}", isa.name());
                assert!(hidden.abs() <= 1.0, "{}: h of {values:?}: {hidden}", isa.name());
            }
        }
    }

    #[test]
    fn nan_gate_or_state_gives_nan() {
        for isa in Isa::available() {
            for place in 0..5 {
                let mut values = [0.3; 5];
                values[place] = f32::NAN;
                let (cell, hidden) = run(isa, &[values])[0];
                assert!(hidden.is_nan() && (place == 3 || cell.is_nan()), "{}: {place}", isa.name());
            }
        }
    }

    #[test]
    fn cell_at_zero_stays_at_zero() {
        for isa in Isa::available() {
            assert_eq!(run(isa, &[[0.7, -0.2, 0.0, 1.1, 0.0]])[0], (0.0, 0.0), "{}", isa.name());
        }
    }
}
