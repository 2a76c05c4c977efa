//! The store over a real SQLite database and a real folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use closecast_domain::{
    Card, DateRange, ErrorMetrics, Evaluation, Exchange, Forecast, ModelCard, ModelRef, PartEvaluation, PriceBasis,
    Quantile, RawBar, RawSeries, SessionForecast, Symbol,
};
use closecast_store::{Store, StoreError};

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, day).unwrap()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn series(symbol: &str, days: &[u32]) -> RawSeries {
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

fn card(name: &str) -> Card {
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

#[tokio::test]
async fn a_series_comes_back_as_it_was_delivered_disorder_and_duplicates_included() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let delivered = series("PETR4.SA", &[5, 3, 3, 8]);
    store.bars().replace(&delivered, now()).await.unwrap();
    let stored = store.bars().load(&delivered.symbol).await.unwrap().unwrap();
    assert_eq!(stored.series, delivered);
    assert_eq!(stored.stored_at, now());
    let info = store.bars().list().await.unwrap();
    assert_eq!((info.len(), info[0].rows, info[0].first_date, info[0].last_date), (1, 4, day(3), day(8)));
}

#[tokio::test]
async fn replacing_a_series_leaves_nothing_of_the_earlier_one_and_survives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    store.bars().replace(&series("AAPL", &[2, 3, 4]), now()).await.unwrap();
    store.bars().replace(&series("MSFT", &[2]), now()).await.unwrap();
    store.bars().replace(&series("AAPL", &[9]), now()).await.unwrap();
    drop(store);
    let store = Store::open(folder.path()).await.unwrap();
    let stored = store.bars().load(&Symbol::new("AAPL").unwrap()).await.unwrap().unwrap();
    assert_eq!(stored.series, series("AAPL", &[9]));
    assert!(store.bars().load(&Symbol::new("MSFT").unwrap()).await.unwrap().is_some());
    assert!(store.bars().load(&Symbol::new("IBM").unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_long_series_is_written_in_several_statements_of_one_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let mut long = series("AAPL", &[2]);
    long.bars = day(2).iter_days().take(12_345).map(RawBar::empty).collect();
    store.bars().replace(&long, now()).await.unwrap();
    assert_eq!(store.bars().load(&long.symbol).await.unwrap().unwrap().series, long);
}

/// The second series cannot be stored, so the first is not either, and what was there stays.
#[tokio::test]
async fn of_several_series_all_are_stored_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let before = series("AAPL", &[2, 3]);
    store.bars().replace(&before, now()).await.unwrap();
    let several = [series("AAPL", &[8]), series("IBM", &[8]), series("MSFT", &[])];
    assert!(matches!(store.bars().replace_all(&several, now()).await, Err(StoreError::NoBars(_))));
    assert_eq!(store.bars().load(&before.symbol).await.unwrap().unwrap().series, before);
    assert_eq!(store.bars().list().await.unwrap().len(), 1);
    store.bars().replace_all(&several[..2], now()).await.unwrap();
    assert_eq!(store.bars().list().await.unwrap().len(), 2);
    assert_eq!(store.bars().info(&before.symbol).await.unwrap().unwrap().rows, 1);
}

#[tokio::test]
async fn a_series_without_bars_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    assert!(matches!(store.bars().replace(&series("AAPL", &[]), now()).await, Err(StoreError::NoBars(_))));
}

#[tokio::test]
async fn versions_count_up_by_name_and_the_newest_is_in_service() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let models = store.models();
    assert!(models.in_service("AAPL").await.unwrap().is_none());
    let first = models.publish(&card("AAPL"), Bytes::from_static(b"one"), now()).await.unwrap();
    let second = models.publish(&card("AAPL"), Bytes::from_static(b"two"), now()).await.unwrap();
    let other = models.publish(&card("IBM"), Bytes::from_static(b"one"), now()).await.unwrap();
    assert_eq!((first.version, second.version, other.version), (1, 2, 1));
    assert_eq!(first.sha256, other.sha256, "the same bytes are one artifact");
    let serving = models.in_service("AAPL").await.unwrap().unwrap();
    assert_eq!(serving, second);
    assert_eq!(models.artifact(&serving).await.unwrap(), Bytes::from_static(b"two"));
    assert_eq!(models.list().await.unwrap().iter().map(|m| m.version).collect::<Vec<_>>(), [2, 1, 1]);
}

#[tokio::test]
async fn a_damaged_or_missing_artifact_is_named_and_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let version = store.models().publish(&card("AAPL"), Bytes::from_static(b"weights"), now()).await.unwrap();
    let file = folder.path().join("artifacts").join(&version.sha256[..2]).join(&version.sha256);
    std::fs::write(&file, b"weightz").unwrap();
    assert!(matches!(store.models().artifact(&version).await, Err(StoreError::BlobDamaged { .. })));
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(store.models().artifact(&version).await, Err(StoreError::BlobMissing { .. })));
    assert!(matches!(store.blobs().get("../closecast.db").await, Err(StoreError::BlobMissing { .. })));
}

#[tokio::test]
async fn a_forecast_made_twice_is_kept_once_as_it_was_first_said() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let symbol = Symbol::new("AAPL").unwrap();
    let mut forecast = Forecast {
        symbol: symbol.clone(),
        as_of: day(5),
        last_close: 100.0,
        currency: None,
        model: ModelRef { name: "AAPL".into(), sha256: "ab".into() },
        sessions: vec![SessionForecast {
            date: day(8),
            point: 101.0,
            quantiles: vec![Quantile { level: 0.05, price: 98.0 }, Quantile { level: 0.95, price: 103.0 }],
        }],
    };
    store.forecasts().record(&forecast, now()).await.unwrap();
    forecast.sessions[0].point = 999.0;
    store.forecasts().record(&forecast, now()).await.unwrap();
    let stored = store.forecasts().newest(&symbol, 10).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0].point, stored[0].step, stored[0].quantiles.len()), (101.0, 1, 2));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_told_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = Store::open(&file.join("inside")).await.unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }) && error.to_string().contains("inside"), "{error}");
}

/// Eight programs started at once on an empty folder: one of them makes the tables, all of them can write.
#[tokio::test]
async fn a_folder_opened_by_many_at_once_is_made_once() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let mut openings = tokio::task::JoinSet::new();
        for number in 0..8 {
            let path = folder.path().to_owned();
            openings.spawn(async move {
                let store = Store::open(&path).await.unwrap();
                let name = format!("M{number}");
                store.models().publish(&card(&name), Bytes::from_static(b"one"), now()).await.unwrap();
            });
        }
        openings.join_all().await;
        assert_eq!(Store::open(folder.path()).await.unwrap().models().list().await.unwrap().len(), 8);
    }
}
