//! News of what happened, numbered in the order in which it became visible.
//!
//! News is written in the transaction of what it tells, as the last thing before its end: what was undone is not told, what was done is
//! told once, and of two things the later one has the greater number. Writers wait for each other only from there to the end, so that
//! nobody who has read one number has missed a lower one. News that cannot be written is left out and never fails the work.

mod emit;
mod news;
mod read;
mod store;

pub(crate) use self::emit::{announce, announce_in, left_out};
pub use self::{
    news::{EventTopic, ForecastNews, ModelNews, News, SeriesNews},
    store::{Event, EventStore},
};
