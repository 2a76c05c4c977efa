//! What is done without anybody asking at that moment.

pub(crate) mod schedule;
