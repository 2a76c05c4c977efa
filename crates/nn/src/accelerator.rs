//! Training on a GPU (feature `gpu`).
//!
//! Forward and backward pass use Burn's tensors; loss, clipping, optimiser and dropout masks are those of the CPU, so that
//! results differ only by rounding. The feature `flex` uses Burn's CPU backend: slow, for tests without a GPU.

#[cfg(not(any(feature = "gpu", feature = "flex")))]
mod absent;
#[cfg(any(feature = "gpu", feature = "flex"))]
mod attention;
#[cfg(any(feature = "gpu", feature = "flex"))]
mod device;
#[cfg(any(feature = "gpu", feature = "flex"))]
mod layer;
#[cfg(any(feature = "gpu", feature = "flex"))]
mod lstm;
#[cfg(any(feature = "gpu", feature = "flex"))]
mod norm;
#[cfg(any(feature = "gpu", feature = "flex"))]
mod pass;
#[cfg(any(feature = "gpu", feature = "flex"))]
mod tensors;

#[cfg(not(any(feature = "gpu", feature = "flex")))]
pub use absent::Accelerator;
#[cfg(any(feature = "gpu", feature = "flex"))]
pub use device::Accelerator;
