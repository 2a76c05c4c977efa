//! A tile: the computation of [`LANES`](crate::kernels::LANES) samples, layer by layer.

mod backward;
mod forward;
mod gradient;
mod state;

pub(crate) use backward::TileBackward;
pub(crate) use forward::{TileDropout, TileWeights, steps_needed};
pub(crate) use gradient::TileGradient;
pub(crate) use state::Tile;
