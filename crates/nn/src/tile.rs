//! A tile: [`LANES`] samples and all that is computed for them, layer by layer.

mod backward;
mod forward;
mod gradient;
mod state;

pub(crate) use backward::TileBackward;
pub(crate) use forward::{TileDropout, TileWeights, steps_needed};
pub(crate) use gradient::TileGradient;
pub(crate) use state::Tile;
