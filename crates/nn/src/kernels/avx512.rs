//! AVX-512F: a tile is one register wide and 32 registers hold the accumulators.
#![expect(unsafe_code, reason = "the intrinsics are unsafe outside functions that enable AVX-512F")]

use std::arch::x86_64::*;

use super::kernel::Kernel;
use super::lanes::{LANES, Lanes};
use super::simd::Simd;

/// Proof that the processor has AVX-512F: only [`Avx512::detect`] makes one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(());

impl Avx512 {
    /// Returns the proof if this processor (and its operating system) has AVX-512F.
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }

    /// Runs a kernel compiled for AVX-512F.
    pub(super) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f")]
        fn inner<K: Kernel>(simd: Avx512, kernel: K) -> K::Output {
            kernel.run(simd)
        }
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { inner(self, kernel) }
    }
}

impl Simd for Avx512 {
    type Vector = __m512;
    const UNITS: usize = 6;
    const INFER_UNITS: usize = 3;
    const INFER_TILES: usize = 2;
    const ROWS: usize = 24;
    const GRADIENT_ROWS: usize = 12;
    const GRADIENT_COLUMNS: usize = 2;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &Lanes) -> __m512 {
        // SAFETY: AVX-512F is there, and a `Lanes` is 64 readable bytes aligned to 64.
        unsafe { _mm512_load_ps(from.0.as_ptr()) }
    }

    #[inline(always)]
    fn load_unaligned(self, from: &[f32; LANES]) -> __m512 {
        // SAFETY: AVX-512F is there, and `from` is 64 readable bytes.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, value: __m512, to: &mut Lanes) {
        // SAFETY: AVX-512F is there, and a `Lanes` is 64 writable bytes aligned to 64.
        unsafe { _mm512_store_ps(to.0.as_mut_ptr(), value) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { _mm512_div_ps(a, b) }
    }

    /// An estimate of 1/b to 14 bits, whose bits are part of the instruction set, and one step of Newton's method.
    #[inline(always)]
    fn quotient(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe {
            let estimate = _mm512_rcp14_ps(b);
            let error = _mm512_fnmadd_ps(b, estimate, _mm512_set1_ps(1.0));
            _mm512_mul_ps(a, _mm512_fmadd_ps(error, estimate, estimate))
        }
    }

    #[inline(always)]
    fn sqrt(self, a: __m512) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { _mm512_sqrt_ps(a) }
    }

    #[inline(always)]
    fn prefetch(self, from: &Lanes) {
        // SAFETY: the address is valid, and a prefetch has no architectural effect.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(from.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn clamp(self, x: __m512, low: f32, high: f32) -> __m512 {
        // The second operand is the result when either is NaN, so `x` must be second.
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe { _mm512_max_ps(_mm512_set1_ps(low), _mm512_min_ps(_mm512_set1_ps(high), x)) }
    }

    #[inline(always)]
    fn nearest_power(self, x: __m512) -> (__m512, __m512) {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe {
            let nearest = _mm512_roundscale_ps::<0>(x);
            (nearest, _mm512_scalef_ps(_mm512_set1_ps(1.0), nearest))
        }
    }

    #[inline(always)]
    fn add_exponent(self, x: __m512, power: __m512) -> __m512 {
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe {
            let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(power));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), exponent))
        }
    }

    /// Interleaves pairs of rows, then pairs of pairs, then moves the 128-bit quarters twice.
    #[inline(always)]
    fn transpose(self, rows: [__m512; LANES]) -> [__m512; LANES] {
        let (mut a, mut b) = (rows, rows);
        // SAFETY: `self` exists, so the processor has AVX-512F.
        unsafe {
            for i in 0..8 {
                b[2 * i] = _mm512_unpacklo_ps(a[2 * i], a[2 * i + 1]);
                b[2 * i + 1] = _mm512_unpackhi_ps(a[2 * i], a[2 * i + 1]);
            }
            for i in 0..4 {
                let (p, q) = (_mm512_castps_pd(b[4 * i]), _mm512_castps_pd(b[4 * i + 1]));
                let (r, s) = (_mm512_castps_pd(b[4 * i + 2]), _mm512_castps_pd(b[4 * i + 3]));
                a[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(p, r));
                a[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(p, r));
                a[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(q, s));
                a[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(q, s));
            }
            for j in 0..4 {
                b[j] = _mm512_shuffle_f32x4::<0x88>(a[j], a[4 + j]);
                b[4 + j] = _mm512_shuffle_f32x4::<0xdd>(a[j], a[4 + j]);
                b[8 + j] = _mm512_shuffle_f32x4::<0x88>(a[8 + j], a[12 + j]);
                b[12 + j] = _mm512_shuffle_f32x4::<0xdd>(a[8 + j], a[12 + j]);
            }
            for j in 0..4 {
                a[j] = _mm512_shuffle_f32x4::<0x88>(b[j], b[8 + j]);
                a[8 + j] = _mm512_shuffle_f32x4::<0xdd>(b[j], b[8 + j]);
                a[4 + j] = _mm512_shuffle_f32x4::<0x88>(b[4 + j], b[12 + j]);
                a[12 + j] = _mm512_shuffle_f32x4::<0xdd>(b[4 + j], b[12 + j]);
            }
        }
        a
    }
}
