//! Indicators: pure functions of prices and volumes, one value per day.
//!
//! Each returns one value per day. The first days, without enough history, are NaN; the docs name the first day with a
//! value, counted from 0. Day `t` depends on days `≤ t` only. A period of 0 gives no value. All take constant time per day.

pub mod calendar;
pub mod har;
pub mod macd;
pub mod momentum;
pub mod moving_average;
pub mod range_volatility;
pub mod returns;
pub mod volatility;
pub mod volume;
