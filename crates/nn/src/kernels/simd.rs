//! The operations of an instruction set that kernels use.

use super::lanes::{LANES, Lanes};

/// 1.5 · 2²³: adding it to a number of magnitude below 2²² leaves the nearest integer in the lowest mantissa bits.
pub(super) const ROUNDING: f32 = 12_582_912.0;

/// An instruction set. A value of the implementing type proves that this processor has it.
///
/// Every method is `#[inline(always)]` in every implementation: a kernel is compiled as a whole with the target features of
/// the function that enters it (see [`Isa::run`](super::Isa::run)). For the same reason kernels use loops instead of
/// `array::map` or `array::from_fn`: these are compiled without the target features, and the compiler may then leave an
/// intrinsic inside them as a call.
pub(crate) trait Simd: Copy {
    /// [`LANES`] values in registers.
    type Vector: Copy;
    /// Hidden units whose four gates fit the registers of one forward block, at most 6.
    const UNITS: usize;
    /// Hidden units of one inference block, at most 3.
    const INFER_UNITS: usize;
    /// Tiles that inference runs together: 1 or 2.
    const INFER_TILES: usize;
    /// Rows of one block of a matrix product, at most 24.
    const ROWS: usize;
    /// Rows of one block of a weight gradient, at most 12.
    const GRADIENT_ROWS: usize;
    /// Columns, in vectors, of one block of a weight gradient: 1 or 2.
    const GRADIENT_COLUMNS: usize;

    /// Returns a vector with `value` in every lane.
    fn splat(self, value: f32) -> Self::Vector;
    /// Reads a vector.
    fn load(self, from: &Lanes) -> Self::Vector;
    /// Reads a vector from anywhere.
    fn load_unaligned(self, from: &[f32; LANES]) -> Self::Vector;
    /// Writes a vector.
    fn store(self, value: Self::Vector, to: &mut Lanes);
    /// Returns `a + b`.
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Returns `a − b`.
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Returns `a · b`.
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Returns `a / b`.
    fn div(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Returns `a / b` for finite `b` of magnitude 1e-37 or more, wrong by no more than three units in the last place.
    #[inline(always)]
    fn quotient(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        self.div(a, b)
    }
    /// Returns `√a`.
    fn sqrt(self, a: Self::Vector) -> Self::Vector;
    /// Prefetches `from` into the second-level cache. It may do nothing.
    #[inline(always)]
    fn prefetch(self, _from: &Lanes) {}
    /// Returns the larger of both; unspecified if either is NaN.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// Returns `a · b + c`, rounded once where the instruction set fuses it.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Clamps `x` to `[low, high]`; NaN stays NaN.
    fn clamp(self, x: Self::Vector, low: f32, high: f32) -> Self::Vector;
    /// Returns `(n, 2ⁿ)` for the integer `n` nearest to `x`, where `−126 ≤ n ≤ 127`. For NaN `n` is NaN.
    fn nearest_power(self, x: Self::Vector) -> (Self::Vector, Self::Vector);
    /// Returns `x·2ⁿ` for positive `x` if `n` is the integer in the lowest bits of the mantissa of `power`, where `x·2ⁿ` is a normal
    /// number.
    fn add_exponent(self, x: Self::Vector, power: Self::Vector) -> Self::Vector;
    /// Transposes the square matrix whose rows are `rows`.
    fn transpose(self, rows: [Self::Vector; LANES]) -> [Self::Vector; LANES];
}
