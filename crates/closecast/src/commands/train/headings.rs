//! Headings of the help of `closecast train`, in their order there.

pub(super) const DATA: &str = "Data";
pub(super) const NETWORK: &str = "Network";
pub(super) const TRAINING: &str = "Training";
