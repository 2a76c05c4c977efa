//! Sample data.

use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{
    Card, DateRange, ErrorMetrics, Evaluation, Exchange, Forecast, ModelCard, ModelRef, PartEvaluation, PriceBasis,
    Quantile, RawBar, RawSeries, SessionForecast, Symbol,
};

pub(crate) fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, day).unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

pub(crate) fn series(symbol: &str, days: &[u32]) -> RawSeries {
    let bars =
        days.iter().map(|&d| RawBar { close: Some(f64::from(d)), volume: Some(3.5e10), ..RawBar::empty(day(d)) });
    RawSeries {
        symbol: Symbol::new(symbol).unwrap(),
        basis: PriceBasis::SplitAdjusted,
        currency: Some("BRL".into()),
        source: "test".into(),
        bars: bars.collect(),
    }
}

pub(crate) fn card(name: &str) -> Card {
    let errors = ErrorMetrics {
        days: 10,
        mae: 1.0,
        rmse: 1.5,
        mape: Some(1.1),
        r2: None,
        r2_naive: Some(-0.01),
        directional_accuracy: None,
        rel_mae_naive: Some(1.01),
        dm_p_value: Some(0.4),
    };
    let part = PartEvaluation { model: errors, naive: errors };
    let range = DateRange { start: day(2), end: day(30) };
    let card = ModelCard {
        name: name.into(),
        symbol: Symbol::new("AAPL").unwrap(),
        architecture: "base".into(),
        lookback: 60,
        horizon: 1,
        features: vec!["scaled_return".into()],
        exchange: Exchange::UnitedStates,
        trained_on: range,
        data_range: range,
        data_fingerprint: "00".into(),
        seed: 42,
        epochs_run: 3,
        best_epoch: 2,
        parameters: 100,
        evaluation: Evaluation { train: part, validation: part, test: part },
        interval_level: 0.9,
        interval_coverage: 0.89,
        code_version: "0.1.0".into(),
    };
    card.into()
}

/// A forecast of the session of January `target`, made after the close of the 5th.
pub(crate) fn forecast(symbol: &str, sha256: &str, target: u32) -> Forecast {
    Forecast {
        symbol: Symbol::new(symbol).unwrap(),
        as_of: day(5),
        last_close: 100.0,
        currency: None,
        model: ModelRef { name: symbol.into(), sha256: sha256.into() },
        sessions: vec![SessionForecast {
            date: day(target),
            point: 101.0,
            quantiles: vec![Quantile { level: 0.05, price: 98.0 }, Quantile { level: 0.95, price: 103.0 }],
        }],
    }
}
