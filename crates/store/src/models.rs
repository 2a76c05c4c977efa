//! The registry: names, versions, cards and weights, and which version of a name is in service.

mod aliases;
mod inventory;
mod log;
mod page;
mod record;
mod registry;
mod registry_event;
mod store;

pub use self::{
    inventory::ListedVersion,
    page::ModelFilter,
    record::ModelVersion,
    registry_event::{Alias, RegistryAction, RegistryEvent},
    store::{ModelStore, Origin},
};
