//! What the fuzz targets share: what must hold of whatever a parser accepts, and mutators that keep a file's structure.

#![forbid(unsafe_code)]

pub mod accepted;
pub mod artifact;
pub mod cotahist;
pub mod inference;
pub mod json;
pub mod trickle;
