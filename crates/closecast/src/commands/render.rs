//! Tables and charts for the terminal.

pub(crate) mod backtest;
pub(crate) mod challenge;
pub(crate) mod chart;
pub(crate) mod evaluation;
pub(crate) mod tune;
