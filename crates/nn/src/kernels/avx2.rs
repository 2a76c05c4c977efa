//! AVX2 with FMA: a tile is two registers wide and 16 registers hold the accumulators.
#![expect(unsafe_code, reason = "the intrinsics are unsafe outside functions that enable AVX2 and FMA")]

use std::arch::x86_64::*;

use super::kernel::Kernel;
use super::lanes::{LANES, Lanes};
use super::simd::{ROUNDING, Simd};

/// Proof that the processor has AVX2 and FMA: only [`Avx2::detect`] makes one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Returns the proof if this processor (and its operating system) has AVX2 and FMA.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }

    /// Runs a kernel compiled for AVX2 and FMA.
    pub(super) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma")]
        fn inner<K: Kernel>(simd: Avx2, kernel: K) -> K::Output {
            kernel.run(simd)
        }
        // SAFETY: `self` exists, so the processor has AVX2 and FMA.
        unsafe { inner(self, kernel) }
    }
}

impl Simd for Avx2 {
    type Vector = [__m256; 2];
    const UNITS: usize = 1;
    const INFER_UNITS: usize = 1;
    const INFER_TILES: usize = 1;
    const ROWS: usize = 6;
    const GRADIENT_ROWS: usize = 6;
    const GRADIENT_COLUMNS: usize = 1;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe { [_mm256_set1_ps(value); 2] }
    }

    #[inline(always)]
    fn load(self, from: &Lanes) -> Self::Vector {
        // SAFETY: AVX2 is there, and a `Lanes` is two aligned registers of readable bytes.
        unsafe { [_mm256_load_ps(from.0.as_ptr()), _mm256_load_ps(from.0.as_ptr().add(8))] }
    }

    #[inline(always)]
    fn load_unaligned(self, from: &[f32; LANES]) -> Self::Vector {
        // SAFETY: AVX2 is there, and `from` is two registers of readable bytes.
        unsafe { [_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(8))] }
    }

    #[inline(always)]
    fn store(self, value: Self::Vector, to: &mut Lanes) {
        // SAFETY: AVX2 is there, and a `Lanes` is two aligned registers of writable bytes.
        unsafe {
            _mm256_store_ps(to.0.as_mut_ptr(), value[0]);
            _mm256_store_ps(to.0.as_mut_ptr().add(8), value[1]);
        }
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe { [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe { [_mm256_sub_ps(a[0], b[0]), _mm256_sub_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe { [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe { [_mm256_div_ps(a[0], b[0]), _mm256_div_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn sqrt(self, a: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe { [_mm256_sqrt_ps(a[0]), _mm256_sqrt_ps(a[1])] }
    }

    #[inline(always)]
    fn prefetch(self, from: &Lanes) {
        // SAFETY: the address is valid, and a prefetch has no architectural effect.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(from.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe { [_mm256_max_ps(a[0], b[0]), _mm256_max_ps(a[1], b[1])] }
    }

    #[inline(always)]
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        // SAFETY: `self` exists, so the processor has FMA.
        unsafe { [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])] }
    }

    #[inline(always)]
    fn clamp(self, x: Self::Vector, low: f32, high: f32) -> Self::Vector {
        // The second operand is the result when either is NaN, so `x` must be second.
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe {
            let (low, high) = (_mm256_set1_ps(low), _mm256_set1_ps(high));
            [_mm256_max_ps(low, _mm256_min_ps(high, x[0])), _mm256_max_ps(low, _mm256_min_ps(high, x[1]))]
        }
    }

    #[inline(always)]
    fn nearest_power(self, x: Self::Vector) -> (Self::Vector, Self::Vector) {
        // SAFETY: `self` exists, so the processor has AVX2.
        unsafe {
            let (rounding, bias) = (_mm256_set1_ps(ROUNDING), _mm256_set1_epi32(127));
            let (mut nearest, mut power) = (x, x);
            for half in 0..2 {
                let shifted = _mm256_add_ps(x[half], rounding);
                nearest[half] = _mm256_sub_ps(shifted, rounding);
                let exponent = _mm256_add_epi32(_mm256_castps_si256(shifted), bias);
                power[half] = _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent));
            }
            (nearest, power)
        }
    }

    #[inline(always)]
    fn add_exponent(self, x: Self::Vector, power: Self::Vector) -> Self::Vector {
        let mut out = x;
        for half in 0..2 {
            // SAFETY: `self` exists, so the processor has AVX2.
            out[half] = unsafe {
                let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(power[half]));
                _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x[half]), exponent))
            };
        }
        out
    }

    #[inline(always)]
    fn transpose(self, rows: [Self::Vector; LANES]) -> [Self::Vector; LANES] {
        let mut out = rows;
        for row_half in 0..2 {
            for column_half in 0..2 {
                let mut square = [rows[0][0]; 8];
                for i in 0..8 {
                    square[i] = rows[8 * row_half + i][column_half];
                }
                let square = transpose8(self, square);
                for i in 0..8 {
                    out[8 * column_half + i][row_half] = square[i];
                }
            }
        }
        out
    }
}

/// Transposes 8 rows of 8: pairs of rows, pairs of pairs, then the 128-bit halves.
#[inline(always)]
fn transpose8(_simd: Avx2, rows: [__m256; 8]) -> [__m256; 8] {
    let (mut a, mut b) = (rows, rows);
    // SAFETY: the token exists, so the processor has AVX2.
    unsafe {
        for i in 0..4 {
            b[2 * i] = _mm256_unpacklo_ps(a[2 * i], a[2 * i + 1]);
            b[2 * i + 1] = _mm256_unpackhi_ps(a[2 * i], a[2 * i + 1]);
        }
        for i in 0..2 {
            a[4 * i] = _mm256_shuffle_ps::<0x44>(b[4 * i], b[4 * i + 2]);
            a[4 * i + 1] = _mm256_shuffle_ps::<0xee>(b[4 * i], b[4 * i + 2]);
            a[4 * i + 2] = _mm256_shuffle_ps::<0x44>(b[4 * i + 1], b[4 * i + 3]);
            a[4 * i + 3] = _mm256_shuffle_ps::<0xee>(b[4 * i + 1], b[4 * i + 3]);
        }
        for j in 0..4 {
            b[j] = _mm256_permute2f128_ps::<0x20>(a[j], a[4 + j]);
            b[4 + j] = _mm256_permute2f128_ps::<0x31>(a[j], a[4 + j]);
        }
    }
    b
}
