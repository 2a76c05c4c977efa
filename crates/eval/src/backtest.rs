//! Walk-forward backtest: models are refitted periodically and forecast later sessions, using only earlier data.

mod candidate;
mod curves;
mod finding;
mod leak;
mod panel;
mod panel_test;
mod plan;
mod row;
mod run;
mod score;
mod slices;

pub(crate) use leak::leaking_origin;
pub(crate) use panel_test::{day_means, equal_losses};
pub(crate) use run::{rows_of, volatilities};

pub use candidate::{Candidate, PerSymbol};
pub use finding::{Finding, findings};
pub use panel::{Day, ModelDays, Panel, SymbolDays};
pub use plan::{BacktestSpec, Fold, Plan, PlanError};
pub use row::BacktestRow;
pub use run::{Backtest, BacktestError, BacktestProgress, FoldStore, NoStore, Skipped, run};
pub use score::{Calibration, CrpsComparison, MIN_COVERAGE, ModelScore, OverallCalibration, SymbolScore, scores};
pub use slices::{Slice, slices, worst_volatility};
