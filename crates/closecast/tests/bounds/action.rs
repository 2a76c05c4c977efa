//! What a caller without a key may do, at random.

use proptest::{collection::vec, prelude::*, sample::Index};

/// How a caller treats the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reading {
    /// Reads what comes.
    Reads,
    /// Leaves the connection open and reads nothing.
    Stalls,
    /// Hangs up at once.
    HangsUp,
}

/// What is sent of a request of HTTP/1.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// All of it, with a body of so many bytes.
    Whole { body: usize },
    /// Its head without the last so many bytes.
    HalfHead { missing: usize },
    /// Its head, which announces so many bytes, and none of them.
    HalfBody { announced: usize },
}

/// Something that a caller does on a connection of its own.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// The same request of HTTP/1 so many times without waiting for answers.
    Http1 { route: Index, value: String, gzip: bool, key: Option<String>, part: Part, times: usize, reading: Reading },
    /// The same request on so many streams of HTTP/2, whose windows are so small, and each reset at once or not.
    Http2 {
        route: Index,
        value: String,
        gzip: bool,
        streams: u32,
        window: u32,
        resets: bool,
        is_whole: bool,
        reading: Reading,
    },
    /// Requests for long addresses that nothing has, one after the other, of so many bytes together.
    Flood { bytes: usize },
    /// A head of so many bytes that does not end.
    LongHead { bytes: usize },
    /// So much of the preface of HTTP/2.
    HalfPreface { bytes: usize },
    /// A request for a WebSocket.
    WebSocket { reading: Reading },
}

/// Returns sequences of actions, each of one of so many callers.
pub(crate) fn sequences(
    callers: usize,
    lengths: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<(usize, Action)>> {
    vec((0..callers, action()), lengths)
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        5 => http1(),
        5 => http2(),
        1 => (1_000_000_usize..10_000_000).prop_map(|bytes| Action::Flood { bytes }),
        1 => (1_000_usize..400_000).prop_map(|bytes| Action::LongHead { bytes }),
        1 => (1_usize..24).prop_map(|bytes| Action::HalfPreface { bytes }),
        1 => reading().prop_map(|reading| Action::WebSocket { reading }),
    ]
}

fn http1() -> impl Strategy<Value = Action> {
    let times = prop_oneof![3 => Just(1_usize), 1 => 2_usize..100];
    (any::<Index>(), value(), any::<bool>(), key(), part(), times, reading()).prop_map(
        |(route, value, gzip, key, part, times, reading)| Action::Http1 {
            route,
            value,
            gzip,
            key,
            part,
            times,
            reading,
        },
    )
}

fn http2() -> impl Strategy<Value = Action> {
    let window = prop_oneof![3 => Just(0_u32), 1 => Just(1_u32), 1 => Just(65_535_u32)];
    let often = |weight| prop::bool::weighted(weight);
    (any::<Index>(), value(), often(0.8), 1_u32..250, window, often(0.1), often(0.9), reading()).prop_map(
        |(route, value, gzip, streams, window, resets, is_whole, reading)| Action::Http2 {
            route,
            value,
            gzip,
            streams,
            window,
            resets,
            is_whole,
            reading,
        },
    )
}

/// What stands in a path where a name is expected.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just("AAPL".to_owned()),
        1 => "[A-Za-z0-9._%-]{1,40}",
        2 => (1_000_usize..60_000).prop_map(|length| "a".repeat(length)),
    ]
}

/// A key that opens nothing, or none.
fn key() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        2 => Just(None),
        1 => "[0-9a-f]{64}".prop_map(|digits| Some(format!("closecast_{digits}"))),
        1 => "[ -~]{0,200}".prop_map(Some),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        6 => prop_oneof![Just(0_usize), 1_usize..200_000].prop_map(|body| Part::Whole { body }),
        1 => (1_usize..30).prop_map(|missing| Part::HalfHead { missing }),
        1 => (1_usize..100_000_000).prop_map(|announced| Part::HalfBody { announced }),
    ]
}

fn reading() -> impl Strategy<Value = Reading> {
    prop_oneof![2 => Just(Reading::Reads), 3 => Just(Reading::Stalls), 1 => Just(Reading::HangsUp)]
}
