//! Alerts: conditions that need an operator's attention.

mod record;
mod store;

pub use self::{
    record::{Alert, StoredAlert},
    store::AlertStore,
};
