//! NEON (Advanced SIMD): a tile is four registers wide and 24 of the 32 registers hold the accumulators.
//!
//! Every 64-bit ARM processor that the standard library supports has it: `aarch64` targets are compiled with it, so that
//! nothing is detected at run time and kernels need no entry of their own.
#![expect(unsafe_code, reason = "the intrinsics are unsafe outside functions that enable NEON")]

use std::arch::aarch64::*;

use super::lanes::{LANES, Lanes};
use super::simd::{ROUNDING, Simd};

/// The instruction set that the crate is compiled for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neon;

/// Registers of a vector.
const PARTS: usize = 4;

/// Applies `$operation` to each register of the operands.
macro_rules! each {
    ($operation:ident($first:expr $(, $other:expr)*)) => {{
        let mut out = $first;
        for part in 0..PARTS {
            // SAFETY: the target has NEON.
            out[part] = unsafe { $operation($first[part] $(, $other[part])*) };
        }
        out
    }};
}

impl Simd for Neon {
    type Vector = [float32x4_t; PARTS];
    const UNITS: usize = 1;
    const INFER_UNITS: usize = 1;
    const INFER_TILES: usize = 1;
    const ROWS: usize = 6;
    const GRADIENT_ROWS: usize = 6;
    const GRADIENT_COLUMNS: usize = 1;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        // SAFETY: the target has NEON.
        unsafe { [vdupq_n_f32(value); PARTS] }
    }

    #[inline(always)]
    fn load(self, from: &Lanes) -> Self::Vector {
        self.load_unaligned(&from.0)
    }

    #[inline(always)]
    fn load_unaligned(self, from: &[f32; LANES]) -> Self::Vector {
        let mut out = self.splat(0.0);
        for (part, values) in from.as_chunks::<4>().0.iter().enumerate() {
            // SAFETY: the target has NEON, and `values` is four readable numbers.
            out[part] = unsafe { vld1q_f32(values.as_ptr()) };
        }
        out
    }

    #[inline(always)]
    fn store(self, value: Self::Vector, to: &mut Lanes) {
        for (part, values) in to.0.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            // SAFETY: the target has NEON, and `values` is four writable numbers.
            unsafe { vst1q_f32(values.as_mut_ptr(), value[part]) };
        }
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(vaddq_f32(a, b))
    }

    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(vsubq_f32(a, b))
    }

    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(vmulq_f32(a, b))
    }

    #[inline(always)]
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(vdivq_f32(a, b))
    }

    #[inline(always)]
    fn sqrt(self, a: Self::Vector) -> Self::Vector {
        each!(vsqrtq_f32(a))
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(vmaxq_f32(a, b))
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        each!(vfmaq_f32(c, a, b))
    }

    #[inline(always)]
    fn clamp(self, x: Self::Vector, low: f32, high: f32) -> Self::Vector {
        // Both instructions give NaN if either operand is NaN.
        let (low, high) = (self.splat(low), self.splat(high));
        let below = each!(vminq_f32(x, high));
        each!(vmaxq_f32(below, low))
    }

    #[inline(always)]
    fn nearest_power(self, x: Self::Vector) -> (Self::Vector, Self::Vector) {
        let (mut nearest, mut power) = (x, x);
        for part in 0..PARTS {
            // SAFETY: the target has NEON.
            unsafe {
                let shifted = vaddq_f32(x[part], vdupq_n_f32(ROUNDING));
                nearest[part] = vsubq_f32(shifted, vdupq_n_f32(ROUNDING));
                let exponent = vaddq_s32(vreinterpretq_s32_f32(shifted), vdupq_n_s32(127));
                power[part] = vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent));
            }
        }
        (nearest, power)
    }

    #[inline(always)]
    fn add_exponent(self, x: Self::Vector, power: Self::Vector) -> Self::Vector {
        let mut out = x;
        for part in 0..PARTS {
            // SAFETY: the target has NEON.
            out[part] = unsafe {
                let exponent = vshlq_n_s32::<23>(vreinterpretq_s32_f32(power[part]));
                vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x[part]), exponent))
            };
        }
        out
    }

    #[inline(always)]
    fn transpose(self, rows: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        let mut out = rows;
        for row in 0..PARTS {
            for column in 0..PARTS {
                let mut square = [rows[0][0]; 4];
                for i in 0..4 {
                    square[i] = rows[4 * row + i][column];
                }
                let square = transpose4(square);
                for i in 0..4 {
                    out[4 * column + i][row] = square[i];
                }
            }
        }
        out
    }
}

/// Transposes 4 rows of 4: pairs of rows, then pairs of pairs.
#[inline(always)]
fn transpose4(rows: [float32x4_t; 4]) -> [float32x4_t; 4] {
    let mut out = rows;
    // SAFETY: the target has NEON.
    unsafe {
        let mut pairs = [vreinterpretq_f64_f32(rows[0]); 4];
        for i in 0..2 {
            pairs[2 * i] = vreinterpretq_f64_f32(vtrn1q_f32(rows[2 * i], rows[2 * i + 1]));
            pairs[2 * i + 1] = vreinterpretq_f64_f32(vtrn2q_f32(rows[2 * i], rows[2 * i + 1]));
        }
        for i in 0..2 {
            out[i] = vreinterpretq_f32_f64(vtrn1q_f64(pairs[i], pairs[2 + i]));
            out[2 + i] = vreinterpretq_f32_f64(vtrn2q_f64(pairs[i], pairs[2 + i]));
        }
    }
    out
}
