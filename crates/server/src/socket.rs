//! The conversation with somebody who listens for news over a WebSocket. `docs/WEBSOCKET.md` describes it.

mod budget;
mod catch_up;
#[cfg(test)]
mod catch_up_test;
mod end;
mod messages;
mod session;
#[cfg(test)]
mod session_test;
mod subscriptions;

pub(super) use self::session::Session;

/// Largest message of a client. One that is larger still than what is read at all cannot be told apart from rubbish.
pub(super) const LONGEST_MESSAGE: usize = 16 * 1024;
pub(super) const LONGEST_READ: usize = 4 * LONGEST_MESSAGE;
