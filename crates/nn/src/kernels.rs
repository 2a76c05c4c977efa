//! The hot loops, written generically over [`Simd`](simd::Simd) and compiled for every supported instruction set.
//!
//! The samples of a batch are in the lanes: a [`Lanes`] is one quantity (an input, a hidden unit, a gate) of
//! [`LANES`] samples, and every matrix of a tile is `[feature][lane]`. Hidden sizes therefore need no padding,
//! and no sample's arithmetic depends on which other samples share its tile.
//!
//! This is the only module with `unsafe`: see `avx2`, `avx512`, `neon`, and one cast in `lanes`.

mod activations;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod backward;
mod cell;
mod dispatch;
mod dropout;
mod forward;
mod infer;
mod infer_block;
mod infer_cell;
mod kernel;
mod lanes;
#[cfg(target_arch = "aarch64")]
mod neon;
mod norm;
mod portable;
mod products;
mod project;
mod simd;
mod single;
mod unit_columns;
mod unpack;

pub(crate) use attention::{
    AttentionBackward, AttentionForward, AttentionGradient, AttentionScratch, AttentionState, AttentionWeights,
};
pub(crate) use backward::{BackwardDirection, BackwardScratch, DirectionGradient};
pub(crate) use cell::GateTrace;
pub(crate) use dispatch::{Blocking, Isa};
pub(crate) use dropout::Dropout;
pub(crate) use forward::ForwardDirection;
pub(crate) use infer::{InferDirection, InferInput, InferTile};
pub(crate) use infer_block::InferWeights;
pub(crate) use infer_cell::GATE_SCALE;
pub(crate) use kernel::Kernel;
pub(crate) use lanes::{LANES, Lanes, balanced_blocks, gate_columns};
#[cfg(any(feature = "gpu", feature = "flex"))]
pub(crate) use norm::EPSILON as NORM_EPSILON;
pub(crate) use norm::{NormBackward, NormForward, NormGradient, NormTrace};
pub(crate) use project::ProjectRows;
pub(crate) use simd::Simd;
pub(crate) use single::{SingleDirection, SingleScratch, SingleWeights};
pub(crate) use unit_columns::UnitColumns;
pub(crate) use unpack::{AddLanes, UnpackGates};
