//! The result of a backtest.

use closecast_eval::backtest::{Backtest, ModelScore, Plan, Slice};

/// The result of a backtest.
pub struct BacktestResult {
    /// When models were fitted and tested.
    pub plan: Plan,
    /// Number of symbols.
    pub symbols: usize,
    /// Forecasts and what was skipped.
    pub backtest: Backtest,
    /// Figures of each model.
    pub scores: Vec<ModelScore>,
    /// The same by part of the data.
    pub slices: Vec<Slice>,
    /// Name of the model whose CRPS the others' is tested against.
    pub reference: String,
}

impl BacktestResult {
    /// Returns the figures of the models that are held against naive and the reference: all others, or all where there are no
    /// others.
    pub fn judged(&self) -> Vec<&ModelScore> {
        let standards = self.standards();
        let judged: Vec<&ModelScore> = self.scores.iter().filter(|score| !standards.contains(&&*score.model)).collect();
        if judged.is_empty() { self.scores.iter().collect() } else { judged }
    }

    /// Returns the models that the others are held against: naive and the reference.
    pub fn standards(&self) -> Vec<&str> {
        if self.reference == "naive" { vec!["naive"] } else { vec!["naive", &self.reference] }
    }
}
