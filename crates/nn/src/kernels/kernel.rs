//! The trait of kernels.

use super::simd::Simd;

/// A computation that is compiled once for every instruction set.
pub(crate) trait Kernel {
    /// Result of the kernel.
    type Output;
    /// Runs the kernel. Implementations and everything they call are `#[inline(always)]`, so that all code is compiled with the
    /// target features of the entry function.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}
