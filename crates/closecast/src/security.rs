//! Who may do what.

mod caller;
mod role;

pub(crate) use self::{caller::Caller, role::Role};
