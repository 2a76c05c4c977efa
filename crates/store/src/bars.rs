//! Bars as they were delivered, one series a symbol.

mod record;
mod rows;
mod store;

pub use self::{
    record::{SeriesGlance, SeriesInfo, StoredSeries},
    store::BarStore,
};
