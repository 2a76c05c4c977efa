//! Stored bars, one series per symbol.

mod record;
mod rows;
mod store;

pub use self::{
    record::{SeriesChangeMarker, SeriesInfo, StoredSeries},
    store::BarStore,
};
