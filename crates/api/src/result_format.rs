//! Results as they are kept in the database: in the shape in which the API returns them.

use closecast_app::{result_format::ResultFormat, use_cases::backtest::BacktestResult};
use closecast_domain::{Card, Symbol};
use closecast_model::tune::Tuning;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    backtest::BacktestView,
    forecast::{parts, verdict},
    tune::TuningView,
};

/// Writes results in the shape of the API.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApiFormat;

impl ResultFormat for ApiFormat {
    fn backtest(&self, result: &BacktestResult) -> Value {
        value(BacktestView::from(result))
    }

    fn tuning(&self, symbol: &Symbol, seed: u64, tuning: &Tuning) -> Value {
        value(TuningView::new(symbol.clone(), seed, tuning))
    }

    fn training(&self, card: &Card) -> Value {
        let evaluation = card.evaluation();
        let (level, coverage) = card.interval();
        json!({
            "metrics": evaluation.map(|evaluation| parts(evaluation, |part| part.model)),
            "naive": evaluation.map(|evaluation| parts(evaluation, |part| part.naive)),
            "interval": { "level": level, "coverage": coverage },
            "verdict": verdict(card),
        })
    }
}

/// Returns a view as JSON; null where a map of it has keys that are no text, which none has.
fn value(view: impl Serialize) -> Value {
    serde_json::to_value(view).unwrap_or_default()
}
