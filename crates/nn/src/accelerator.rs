//! Training on a graphics processor, under the feature `gpu`.
//!
//! Forward and backward pass are written once over Burn's tensors; loss, clipping and optimiser are those of the CPU, and
//! so are the dropout masks, so that a training differs between the two by rounding alone. Under the feature `flex` the
//! tensors live on Burn's backend for the CPU: slow, and the way to test the code without a graphics processor.

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
