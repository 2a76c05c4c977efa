//! Response bytes that clients have not read yet: how many there may be, per connection, per caller and in all, and for how long.
//!
//! A client that asks and does not read makes the server keep its responses in memory. [`UnreadLedger`] counts those bytes where they
//! really are: each response is handed to the connection in pieces, and a piece is given back when the connection has let go of it.
//! Beyond its bound a connection starts no further request, a caller gets 429 for large responses, and when the sum of all is
//! exceeded, the connections that hold most are closed: clients that read are never among them.

mod account;
mod body;
mod ledger;

pub(super) use self::{
    account::ConnectionAccount,
    body::{PlainSize, track},
    ledger::{CallerId, UnreadLedger},
};
