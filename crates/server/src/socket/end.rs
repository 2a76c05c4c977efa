//! How a conversation ends, and what the client is told of it.

use axum::extract::ws::{CloseCode, CloseFrame, Utf8Bytes};

use crate::events::DisconnectReason;

/// Longest reason that fits into the message that ends a conversation, in bytes.
const LONGEST_REASON: usize = 123;

/// Why a conversation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client is gone, or has said good-bye.
    Gone,
    /// The server is about to end.
    Stopping,
    /// Nothing was heard of the client for long.
    Silent,
    /// What was sent was not taken for long.
    Stalled,
    /// The client was sent away.
    Dismissed(DisconnectReason),
    /// The client asked for too much, or for nothing that can be understood, too often.
    Flood,
    /// A message of the client was too large.
    TooLarge,
    /// What the client sent is no WebSocket.
    Broken(String),
    /// The database does not answer.
    NoNews,
}

impl End {
    /// Returns what to tell the client, which was last sent the news `sent`; nothing when nobody is there.
    pub(super) fn close_frame(&self, sent: i64) -> Option<CloseFrame> {
        let (code, reason): (CloseCode, String) = match self {
            Self::Gone => return None,
            Self::Stopping => (1001, "the server ends; reconnect and resume".to_owned()),
            Self::Broken(reason) => (1002, reason.clone()),
            Self::Flood => (1008, "too many messages, or too many that cannot be understood".to_owned()),
            Self::TooLarge => (1009, "a message may have 16 KiB".to_owned()),
            Self::Dismissed(DisconnectReason::TooSlow { behind }) => {
                (1013, format!("too slow: {behind} messages behind; reconnect with resume_from {sent}"))
            }
            Self::Stalled => (1013, format!("too slow: nothing was taken; reconnect with resume_from {sent}")),
            Self::NoNews => (1013, "the database does not answer; try again in a moment".to_owned()),
            Self::Dismissed(DisconnectReason::KeyRevoked) => (4401, "the key was revoked".to_owned()),
            Self::Dismissed(DisconnectReason::KeyNeeded) => {
                (4401, "a key is needed now: reconnect with one".to_owned())
            }
            Self::Silent => (4408, "no answer to pings; reconnect and resume".to_owned()),
        };
        Some(CloseFrame { code, reason: shortened(reason) })
    }
}

fn shortened(mut reason: String) -> Utf8Bytes {
    while reason.len() > LONGEST_REASON {
        reason.pop();
    }
    reason.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_fits_and_says_where_to_go_on() {
        let slow = End::Dismissed(DisconnectReason::TooSlow { behind: 1025 }).close_frame(7).unwrap();
        assert_eq!(
            (slow.code, slow.reason.as_str()),
            (1013, "too slow: 1025 messages behind; reconnect with resume_from 7")
        );
        assert!(End::Gone.close_frame(0).is_none());
        let broken = End::Broken("é".repeat(100)).close_frame(0).unwrap();
        assert_eq!(broken.reason.as_str(), "é".repeat(61));
        for end in [End::Stopping, End::Silent, End::Stalled, End::Flood, End::TooLarge, End::NoNews] {
            assert!(end.close_frame(i64::MAX).unwrap().reason.len() <= LONGEST_REASON, "{end:?}");
        }
    }
}
