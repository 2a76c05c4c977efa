//! Keys of the HTTP API, and the roles of their owners.

mod key;
mod role;

pub use self::{key::Key, role::Role};
