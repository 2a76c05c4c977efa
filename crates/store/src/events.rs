//! Events for clients, numbered in the order of their visibility.
//!
//! Events are written at the end of the transaction of the change that they report, so they commit with it, exactly
//! once, and a later change has a higher sequence number. Writers serialise from there to the commit, so a reader of
//! one number has not missed a lower one. An event that cannot be written is dropped and never fails the change.

mod emit;
mod payload;
mod read;
mod store;

pub(crate) use self::emit::{emit_in, tolerate_failure, try_emit_in};
pub use self::{
    payload::{EventPayload, EventTopic, ForecastEvent, ModelEvent, SeriesEvent},
    store::{Event, EventStore},
};
