//! The model registry: names, versions, cards, artifacts, and the version of each name in service.

mod aliases;
mod inventory;
mod page;
mod record;
mod registry;
mod registry_event;
mod registry_log;
mod store;

pub use self::{
    inventory::ListedVersion,
    page::ModelFilter,
    record::ModelVersion,
    registry_event::{Alias, RegistryAction, RegistryEvent},
    store::{ModelStore, Origin},
};
