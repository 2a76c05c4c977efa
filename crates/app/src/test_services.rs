//! Services over an empty data folder, for tests.

use std::{path::Path, sync::Arc};

use closecast_domain::Card;
use closecast_model::tune::Tuning;
use serde_json::Value;

use crate::{
    options::ServiceOptions, result_format::ResultFormat, services::Services, use_cases::backtest::BacktestResult,
};

/// Writes nothing of a result.
struct NoFormat;

impl ResultFormat for NoFormat {
    fn backtest(&self, _result: &BacktestResult) -> Value {
        Value::Null
    }

    fn tuning(&self, _symbol: &closecast_domain::Symbol, _seed: u64, _tuning: &Tuning) -> Value {
        Value::Null
    }

    fn training(&self, _card: &Card) -> Value {
        Value::Null
    }
}

/// Opens services over `folder`.
pub(crate) async fn open(folder: &Path) -> Services {
    Services::open(ServiceOptions::of_folder(folder), Arc::new(NoFormat)).await.unwrap()
}
