#![doc = include_str!("../README.md")]

pub mod cache;
pub mod cotahist;
pub mod csv;
mod exchange_time;
pub mod export;
pub mod import;
pub mod provider;
pub mod refresh;
pub mod resilience;
pub mod sample;
pub mod yahoo;
