//! What a kernel is: a computation compiled once for every instruction set.

use super::simd::Simd;

/// A computation that is compiled once for every instruction set.
pub(crate) trait Kernel {
    /// What it returns.
    type Output;
    /// Does the work. Implementations are `#[inline(always)]`, and so is all they call, so that the whole is compiled
    /// under the target features of the entry.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}
