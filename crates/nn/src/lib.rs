#![doc = include_str!("../README.md")]

mod error;
mod group;
mod kernels;
mod loss;
mod network;
mod optimiser;
mod packed;
mod parameters;
mod random;
mod sampling;
mod session;
mod spec;
mod tile;
mod weights;
mod windows;

pub use error::{NnError, Quantity};
pub use loss::{Loss, StudentT};
pub use network::Network;
pub use optimiser::{OptimiserKind, OptimiserSpec};
pub use parameters::Tensor;
pub use sampling::shuffled;
pub use session::{StepReport, TrainingSession, TrainingSpec};
pub use spec::{CheckedNetworkSpec, MAX_PARAMETERS, NetworkSpec};
pub use windows::{MAX_LOOKBACK, WindowSource};

/// Returns the name of the instruction set that this processor's kernels use: `avx512`, `avx2`, `neon` or `portable`.
pub fn instruction_set() -> &'static str {
    kernels::Isa::best().name()
}
