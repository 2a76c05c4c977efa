//! Memory that is held for clients, per connection, per caller and in all: requests in hand, and responses that are not read yet.
//!
//! A client that asks and does not read makes the server keep its responses, and one that sends half a body makes it keep that half.
//! [`BufferLedger`] counts those bytes where they really are: each response is handed to the connection in pieces, and a piece is given
//! back when the connection has let go of it. Beyond its bound a connection starts no further request, and a caller gets 429 for large
//! responses. When the sum of all is exceeded, connections are closed: of the address for which most is held, first those that do not read.

mod account;
mod body;
mod ledger;
mod request;
mod response;

pub(super) use self::{
    account::ConnectionAccount,
    body::{CountedBody, PlainSize, track},
    ledger::{BufferLedger, CallerId},
    request::hold,
    response::Reserved,
};
