//! What client and server say to each other, apart from the news itself.

use std::collections::BTreeSet;

use closecast_domain::Symbol;
use closecast_store::EventTopic;
use serde::{Deserialize, Serialize};

/// Most symbols of one message.
const MOST_SYMBOLS: usize = 500;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// To hear more.
    Subscribe(Wanted),
    /// To hear less; everything when it names no topics.
    Unsubscribe(Wanted),
    /// For a sign of life.
    Ping,
}

/// What a message is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) topics: Vec<EventTopic>,
    /// All when absent.
    pub(super) symbols: Option<BTreeSet<String>>,
    /// Tell again what came after this number.
    pub(super) resume_from: Option<i64>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Text {
    Subscribe(Fields),
    Unsubscribe(Fields),
    Ping,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// `data` is what clients of freqtrade say.
    #[serde(default, alias = "data")]
    topics: Option<Vec<String>>,
    #[serde(default)]
    symbols: Option<Vec<String>>,
    #[serde(default)]
    resume_from: Option<u64>,
}

impl Ask {
    /// Reads a message.
    ///
    /// # Errors
    /// What is wrong with it, in words for the client.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let read: Text = serde_json::from_str(text).map_err(|error| format!("the message cannot be read: {error}"))?;
        match read {
            Text::Subscribe(fields) => match wanted(fields)? {
                wanted if wanted.topics.is_empty() => Err(format!("topics is missing: give some of {}", topics())),
                wanted => Ok(Self::Subscribe(wanted)),
            },
            Text::Unsubscribe(Fields { resume_from: Some(_), .. }) => {
                Err("resume_from belongs to subscribe alone".to_owned())
            }
            Text::Unsubscribe(fields) => Ok(Self::Unsubscribe(wanted(fields)?)),
            Text::Ping => Ok(Self::Ping),
        }
    }
}

fn topics() -> String {
    EventTopic::ALL.map(EventTopic::name).join(", ")
}

fn wanted(fields: Fields) -> Result<Wanted, String> {
    let topic = |name: String| {
        EventTopic::named(&name).ok_or_else(|| format!("topics: there is no topic {name:?}; give some of {}", topics()))
    };
    let symbol = |name: String| match Symbol::new(&name) {
        Ok(symbol) => Ok(symbol.to_string()),
        Err(error) => Err(format!("symbols: {error}")),
    };
    let given = fields.symbols;
    if given.as_ref().is_some_and(Vec::is_empty) {
        return Err("symbols: name at least one, or leave it out for all".to_owned());
    }
    if given.as_ref().is_some_and(|symbols| symbols.len() > MOST_SYMBOLS) {
        return Err(format!("symbols: a message may name {MOST_SYMBOLS}"));
    }
    let resume_from = fields.resume_from.map(i64::try_from).transpose();
    Ok(Wanted {
        topics: fields.topics.unwrap_or_default().into_iter().map(topic).collect::<Result<_, _>>()?,
        symbols: given.map(|symbols| symbols.into_iter().map(symbol).collect()).transpose()?,
        resume_from: resume_from.map_err(|_too_large| "resume_from is no sequence number of this server".to_owned())?,
    })
}

/// What the server says.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Say<'a> {
    /// The first message.
    Welcome {
        /// Number of the newest news.
        sequence: i64,
        /// The server gives a sign of life this often.
        heartbeat_seconds: u64,
        /// It goes when it has heard nothing for so long.
        patience_seconds: u64,
        topics: [&'static str; 5],
        limits: Limits,
    },
    Subscribed {
        topics: &'a [EventTopic],
        /// All when null.
        symbols: Option<&'a BTreeSet<String>>,
        /// What is newer than this follows as it happens.
        sequence: i64,
        /// What is newer than this is told again before.
        resumed_from: Option<i64>,
    },
    Unsubscribed {
        topics: &'a [EventTopic],
        symbols: Option<&'a BTreeSet<String>>,
    },
    /// News that can not be told any more.
    Gap {
        /// First and last number.
        from: i64,
        to: i64,
        reason: GapReason,
    },
    /// All that was subscribed to up to this number was sent.
    Heartbeat {
        sequence: i64,
    },
    Pong {
        sequence: i64,
    },
    Error {
        detail: &'a str,
    },
}

/// What a client may do.
#[derive(Debug, Serialize)]
pub(super) struct Limits {
    /// Largest message.
    pub(super) message_bytes: usize,
    /// Most topics, or symbols of topics, subscribed to.
    pub(super) subscriptions: usize,
}

/// Why news can not be told any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GapReason {
    /// It is kept for a day.
    Forgotten,
    /// The number to resume from is of another database.
    AnotherDatabase,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_is_meant() {
        let text = r#"{"type":"subscribe","topics":["jobs","forecasts"],"symbols":["aapl"],"resume_from":12}"#;
        let wanted = Wanted {
            topics: vec![EventTopic::Jobs, EventTopic::Forecasts],
            symbols: Some(BTreeSet::from(["AAPL".to_owned()])),
            resume_from: Some(12),
        };
        assert_eq!(Ask::read(text), Ok(Ask::Subscribe(wanted)));
        let all = Wanted { topics: vec![EventTopic::Forecasts], ..Wanted::default() };
        assert_eq!(Ask::read(r#"{"type":"subscribe","data":["forecasts"]}"#), Ok(Ask::Subscribe(all)));
        assert_eq!(Ask::read(r#"{"type":"unsubscribe"}"#), Ok(Ask::Unsubscribe(Wanted::default())));
        assert_eq!(Ask::read(r#"{"type":"ping"}"#), Ok(Ask::Ping));
    }

    #[test]
    fn what_is_wrong_is_told_with_the_field() {
        for (text, named) in [
            ("{", "cannot be read"),
            ("[]", "cannot be read"),
            (r#"{"type":"shout"}"#, "shout"),
            (r#"{"type":"subscribe"}"#, "topics is missing: give some of forecasts, jobs"),
            (r#"{"type":"subscribe","topics":["whitelist"]}"#, "whitelist"),
            (r#"{"type":"subscribe","topics":["jobs"],"symbols":["no symbol"]}"#, "symbols: "),
            (r#"{"type":"subscribe","topics":["jobs"],"symbols":[]}"#, "symbols: name at least one"),
            (r#"{"type":"subscribe","topics":["jobs"],"resume_from":-1}"#, "-1"),
            (r#"{"type":"subscribe","topics":["jobs"],"resume_from":9223372036854775808}"#, "resume_from"),
            (r#"{"type":"subscribe","topics":["jobs"],"symbol":"AAPL"}"#, "symbol"),
            (r#"{"type":"unsubscribe","resume_from":1}"#, "resume_from"),
        ] {
            let refused = Ask::read(text).unwrap_err();
            assert!(refused.contains(named), "{text}: {refused}");
        }
    }
}
