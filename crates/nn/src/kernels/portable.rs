//! Plain Rust over arrays, which the compiler vectorises as far as the base instruction set goes (SSE2, RISC-V's vectors).

use super::lanes::{LANES, Lanes};
use super::simd::{ROUNDING, Simd};

/// No instruction set beyond the one the crate is compiled for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

/// `f32::mul_add` is one instruction where the target has it and a slow library call elsewhere.
const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));

#[inline(always)]
fn map2(a: [f32; LANES], b: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    let mut out = [0.0; LANES];
    for lane in 0..LANES {
        out[lane] = f(a[lane], b[lane]);
    }
    out
}

impl Simd for Portable {
    type Vector = [f32; LANES];
    const UNITS: usize = 1;
    const INFER_UNITS: usize = 1;
    const INFER_TILES: usize = 1;
    const ROWS: usize = 4;
    const GRADIENT_ROWS: usize = 4;
    const GRADIENT_COLUMNS: usize = 1;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, from: &Lanes) -> Self::Vector {
        from.0
    }

    #[inline(always)]
    fn load_unaligned(self, from: &[f32; LANES]) -> Self::Vector {
        *from
    }

    #[inline(always)]
    fn store(self, value: Self::Vector, to: &mut Lanes) {
        to.0 = value;
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        map2(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        map2(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        map2(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        map2(a, b, |a, b| a / b)
    }

    #[inline(always)]
    fn sqrt(self, a: Self::Vector) -> Self::Vector {
        map2(a, a, |a, _| a.sqrt())
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        map2(a, b, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        let mut out = c;
        for lane in 0..LANES {
            out[lane] = if FUSED { a[lane].mul_add(b[lane], c[lane]) } else { a[lane] * b[lane] + c[lane] };
        }
        out
    }

    #[inline(always)]
    fn clamp(self, x: Self::Vector, low: f32, high: f32) -> Self::Vector {
        let mut out = x;
        for value in &mut out {
            // Both comparisons are false for NaN, which therefore passes through.
            let raised = if *value < low { low } else { *value };
            *value = if raised > high { high } else { raised };
        }
        out
    }

    #[inline(always)]
    fn nearest_power(self, x: Self::Vector) -> (Self::Vector, Self::Vector) {
        let (mut nearest, mut power) = (x, x);
        for lane in 0..LANES {
            let shifted = x[lane] + ROUNDING;
            nearest[lane] = shifted - ROUNDING;
            power[lane] = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
        }
        (nearest, power)
    }

    #[inline(always)]
    fn add_exponent(self, x: Self::Vector, power: Self::Vector) -> Self::Vector {
        map2(x, power, |x, power| f32::from_bits(x.to_bits().wrapping_add(power.to_bits() << 23)))
    }

    #[inline(always)]
    fn transpose(self, rows: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        let mut out = [[0.0; LANES]; LANES];
        for i in 0..LANES {
            for j in 0..LANES {
                out[j][i] = rows[i][j];
            }
        }
        out
    }
}
