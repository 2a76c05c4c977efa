#![doc = include_str!("../README.md")]

pub mod access;
pub mod bounded_file;
pub mod byte_size;
pub mod cache;
pub mod error;
pub mod limiter;
pub mod memory;
pub mod metrics;
pub mod model_cache;
pub mod model_health;
pub mod model_spec;
pub mod model_verdict;
pub mod options;
pub mod permissions;
pub mod plural;
pub mod result_format;
pub mod rotating_file;
pub mod schedule;
pub mod services;
pub mod state;
pub mod store_state;
pub mod toml_file;
pub mod use_cases;
pub mod worker;

#[cfg(test)]
mod test_services;
