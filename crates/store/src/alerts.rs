//! What a person should look at.

mod record;
mod store;

pub use self::{
    record::{Alert, StoredAlert},
    store::AlertStore,
};
