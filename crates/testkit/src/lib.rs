#![doc = include_str!("../README.md")]
#![expect(clippy::expect_used, reason = "a builder for tests may fail by panicking")]

pub mod histories;
pub mod random;
pub mod reference;
pub mod services;
