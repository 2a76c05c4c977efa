//! Indicators: pure functions of prices and volumes, one value a day.
//!
//! Each returns as many values as it was given days. The first days, for which there is not enough history yet, are
//! NaN; the docstring names the first day with a value, counted from 0. Day `t` reads days `≤ t` only. A period of 0
//! has no value on any day. All take constant time a day.

pub mod calendar;
pub mod har;
pub mod macd;
pub mod momentum;
pub mod moving_average;
pub mod range_volatility;
pub mod returns;
pub mod volatility;
pub mod volume;
