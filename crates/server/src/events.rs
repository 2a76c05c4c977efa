//! Those who listen for news, and how it reaches them: one task reads it, writes each piece down once, and puts it into the inbox of
//! everybody who wants it. Nobody is waited for: whose inbox is full is dismissed.

mod feed;
#[cfg(test)]
mod feed_test;
mod filter;
mod hub;
mod inbox;
mod listeners;
mod places;

pub use self::feed::follow;
pub(crate) use self::{
    filter::Filter,
    hub::{EventBroadcaster, Subscription},
    inbox::{DisconnectReason, Frame},
    places::{ConnectionQuota, Full, Place},
};
