//! Run-time dispatch to an instruction set.

use super::kernel::Kernel;
#[cfg(target_arch = "aarch64")]
use super::neon::Neon;
use super::portable::Portable;
use super::simd::Simd;
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// An instruction set this processor has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Isa {
    /// The baseline that the crate is compiled for.
    Portable(Portable),
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// AVX-512F.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// Register blocking of matrices for an instruction set; the layout of packed weights depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocking {
    /// Hidden units of a forward block.
    pub(crate) units: usize,
    /// Hidden units of an inference block.
    pub(crate) infer_units: usize,
    /// Tiles that inference runs together.
    pub(crate) infer_tiles: usize,
    /// Rows of a block of a matrix product.
    pub(crate) rows: usize,
}

impl Isa {
    /// Returns every instruction set of this processor, fastest first.
    pub(crate) fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let special = [Avx512::detect().map(Self::Avx512), Avx2::detect().map(Self::Avx2)];
        #[cfg(target_arch = "aarch64")]
        let special = [Some(Self::Neon(Neon))];
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let special: [Option<Self>; 0] = [];
        special.into_iter().flatten().chain(std::iter::once(Self::Portable(Portable)))
    }

    /// Returns the fastest instruction set of this processor.
    pub(crate) fn best() -> Self {
        Self::available().next().unwrap_or(Self::Portable(Portable))
    }

    /// Returns the name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable(_) => "portable",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }

    /// Returns its register blocking.
    pub(crate) fn blocking(self) -> Blocking {
        fn of<S: Simd>(_: S) -> Blocking {
            Blocking { units: S::UNITS, infer_units: S::INFER_UNITS, infer_tiles: S::INFER_TILES, rows: S::ROWS }
        }
        match self {
            Self::Portable(simd) => of(simd),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(simd) => of(simd),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => of(simd),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(simd) => of(simd),
        }
    }

    /// Runs the kernel's version for this instruction set.
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Portable(simd) => kernel.run(simd),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(simd) => kernel.run(simd),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(simd) => simd.enter(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(simd) => simd.enter(kernel),
        }
    }
}
