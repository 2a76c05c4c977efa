//! Logistic sigmoid and hyperbolic tangent by one exponential each.
//!
//! As in Cephes' `expf` (S. Moshier), `x = n·ln 2 + r` with `|r| ≤ ln 2 / 2`, and `ln 2` is split in two so that the reduction is
//! exact. The polynomials are of the lowest degree that keeps the error below a unit in the last place: minimax fits, by Remez'
//! algorithm, of the relative error over that range (fixtures/minimax.py).

use super::simd::Simd;

const LN_2_HIGH: f32 = 355.0 / 512.0;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Coefficients of `(eʳ − 1) / r`, highest power first: of `eʳ` the relative error is below 1e-7.
const EXPONENTIAL: [f32; 5] = [8.290_314e-3, 4.189_793_4e-2, 1.666_763_6e-1, 4.999_915e-1, 9.999_997e-1];
/// Coefficients of `(e²ʳ − 1) / r` for `|r| ≤ ln 2 / 4`, highest power first: relative error below 3e-8, also near zero.
const DOUBLED_LESS_ONE: [f32; 6] = [8.888_879e-2, 2.678_102_3e-1, 6.666_742e-1, 1.333_320_5, 1.999_999_9, 2.0];

/// Returns `r` and `2ⁿ` with `x = n·ln 2·unit + r`, where `unit` is a power of two and `n` the nearest integer.
#[inline(always)]
fn reduced<S: Simd>(simd: S, x: S::Vector, unit: f32) -> (S::Vector, S::Vector) {
    let (n, power) = simd.nearest_power(simd.mul(x, simd.splat(std::f32::consts::LOG2_E / unit)));
    let r = simd.mul_add(n, simd.splat(-LN_2_HIGH * unit), x);
    (simd.mul_add(n, simd.splat(-LN_2_LOW * unit), r), power)
}

#[inline(always)]
fn polynomial<S: Simd, const N: usize>(simd: S, coefficients: [f32; N], x: S::Vector) -> S::Vector {
    let mut sum = simd.splat(coefficients[0]);
    for coefficient in &coefficients[1..] {
        sum = simd.mul_add(sum, x, simd.splat(*coefficient));
    }
    sum
}

/// Returns `eˣ` for `−87.3 ≤ x ≤ 88`.
#[inline(always)]
fn bounded_exponential<S: Simd>(simd: S, x: S::Vector) -> S::Vector {
    let (r, power) = reduced(simd, x, 1.0);
    let one = simd.splat(1.0);
    simd.mul(simd.mul_add(polynomial(simd, EXPONENTIAL, r), r, one), power)
}

/// Returns `eˣ` for `x ≤ 0`: relative error below 3e-7, below 2e-38 for x < −87, NaN for NaN.
#[inline(always)]
pub(super) fn exponential<S: Simd>(simd: S, x: S::Vector) -> S::Vector {
    bounded_exponential(simd, simd.clamp(x, -87.3, 88.0))
}

/// Returns `1 / (1 + e⁻ˣ)`: relative error below 3e-7, exactly 1 for large x, below 1e-37 for x < −87, NaN for NaN.
#[inline(always)]
pub(super) fn sigmoid<S: Simd>(simd: S, x: S::Vector) -> S::Vector {
    let one = simd.splat(1.0);
    let negated = simd.clamp(simd.sub(simd.splat(0.0), x), -87.3, 88.0);
    simd.quotient(one, simd.add(one, bounded_exponential(simd, negated)))
}

/// Returns `tanh x = (e²ˣ − 1) / (e²ˣ + 1)`: relative error below 3e-7 also near zero, exactly ±1 for large |x|, NaN for
/// NaN.
#[inline(always)]
pub(super) fn tanh<S: Simd>(simd: S, x: S::Vector) -> S::Vector {
    let (r, power) = reduced(simd, simd.clamp(x, -10.0, 10.0), 0.5);
    let excess = simd.mul(polynomial(simd, DOUBLED_LESS_ONE, r), r);
    // e²ˣ − 1 = 2ⁿ·(e²ʳ − 1) + (2ⁿ − 1), where 2ⁿ − 1 is exact: nothing cancels for small x, where n = 0.
    let exponential_less_one = simd.mul_add(excess, power, simd.sub(power, simd.splat(1.0)));
    simd.quotient(exponential_less_one, simd.add(exponential_less_one, simd.splat(2.0)))
}

#[cfg(test)]
mod tests {
    use super::super::dispatch::Isa;
    use super::super::kernel::Kernel;
    use super::super::lanes::{LANES, Lanes};
    use super::*;

    /// Applies sigmoid and tanh to every value.
    struct Activate<'a>(&'a [Lanes]);

    impl Kernel for Activate<'_> {
        type Output = Vec<(Lanes, Lanes)>;
        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let mut out = vec![(Lanes::ZERO, Lanes::ZERO); self.0.len()];
            for (x, (s, t)) in self.0.iter().zip(&mut out) {
                let x = simd.load(x);
                simd.store(sigmoid(simd, x), s);
                simd.store(tanh(simd, x), t);
            }
            out
        }
    }

    fn activate(isa: Isa, values: &[f32]) -> Vec<(f32, f32, f32)> {
        let tiles: Vec<Lanes> = values
            .chunks(LANES)
            .map(|chunk| Lanes(std::array::from_fn(|i| chunk.get(i).copied().unwrap_or(0.0))))
            .collect();
        let out = isa.run(Activate(&tiles));
        values
            .iter()
            .enumerate()
            .map(|(i, &x)| (x, out[i / LANES].0.0[i % LANES], out[i / LANES].1.0[i % LANES]))
            .collect()
    }

    /// Both against `f64`, densely over the range that matters and logarithmically towards zero.
    #[test]
    fn are_accurate_to_a_few_units_in_the_last_place() {
        let mut values: Vec<f32> = (-400_000..=400_000).map(|i| i as f32 * 5e-5).collect();
        values.extend((0..4000).flat_map(|i| [1.0f32, -1.0].map(|sign| sign * 10f32.powf(-30.0 + i as f32 * 0.0075))));
        for isa in Isa::available() {
            let (mut worst_sigmoid, mut worst_tanh) = (0f64, 0f64);
            for (x, s, t) in activate(isa, &values) {
                let (x, s, t) = (f64::from(x), f64::from(s), f64::from(t));
                let exact = 1.0 / (1.0 + (-x).exp());
                worst_sigmoid = worst_sigmoid.max(((s - exact) / exact).abs());
                if x != 0.0 {
                    worst_tanh = worst_tanh.max(((t - x.tanh()) / x.tanh()).abs());
                }
            }
            println!("{}: sigmoid {worst_sigmoid:.2e}, tanh {worst_tanh:.2e}", isa.name());
            assert!(worst_sigmoid < 3e-7, "{}: sigmoid {worst_sigmoid}", isa.name());
            assert!(worst_tanh < 3e-7, "{}: tanh {worst_tanh}", isa.name());
        }
    }

    #[test]
    fn activations_saturate_and_propagate_nan() {
        for isa in Isa::available() {
            let large = [30.0, 88.0, 100.0, 1e10, f32::MAX, f32::INFINITY];
            for (x, s, t) in activate(isa, &large) {
                assert_eq!((s, t), (1.0, 1.0), "{} at {x}", isa.name());
            }
            for (x, s, t) in activate(isa, &large.map(|x| -x)) {
                assert!(t == -1.0 && (0.0..1e-12).contains(&s), "{} at {x}: {s} {t}", isa.name());
            }
            for (x, s, _) in activate(isa, &[-90.0, -1e30, f32::NEG_INFINITY]) {
                assert!((0.0..1e-37).contains(&s), "{} at {x}: {s}", isa.name());
            }
            for (_, s, t) in activate(isa, &[f32::NAN, -f32::NAN]) {
                assert!(s.is_nan() && t.is_nan(), "{} swallows NaN", isa.name());
            }
        }
    }
}
