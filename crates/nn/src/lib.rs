#![doc = include_str!("../README.md")]

mod accelerator;
mod batch;
mod cpu;
mod error;
mod group;
mod instruction_set;
mod kernels;
mod loss;
mod many;
mod network;
mod optimiser;
mod packed;
mod parameters;
mod random;
mod sampling;
mod schedule;
mod session;
mod single;
mod spec;
mod tile;
mod weights;
mod windows;

pub use accelerator::Accelerator;
pub use error::{NnError, Quantity};
pub use instruction_set::InstructionSet;
pub use loss::{Loss, StudentT};
pub use many::{ForwardRequest, forward_many};
pub use network::Network;
pub use optimiser::{OptimiserKind, OptimiserSpec};
pub use parameters::Tensor;
pub use random::first_bits;
pub use sampling::shuffled;
pub use schedule::{Schedule, ScheduleSpec};
pub use session::{MAX_THREADS, StepReport, TrainingSession, TrainingSpec};
pub use spec::{CheckedNetworkSpec, MAX_PARAMETERS, NetworkSpec};
pub use windows::{MAX_LOOKBACK, WindowSource};
