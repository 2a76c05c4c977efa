//! Bars.

use closecast_domain::{RawBar, Symbol};
use closecast_store::StoreError;

use crate::{
    place::places,
    samples::{day, now, series},
};

#[tokio::test]
async fn load_returns_series_as_delivered_with_disorder_and_duplicates() {
    for place in places().await {
        let store = &place.store;
        let delivered = series("PETR4.SA", &[5, 3, 3, 8]);
        store.bars().replace(&delivered, now()).await.unwrap();
        let stored = store.bars().load(&delivered.symbol).await.unwrap().unwrap();
        assert_eq!(stored.series, delivered);
        assert_eq!(stored.stored_at, now());
        let info = store.bars().list().await.unwrap();
        assert_eq!((info.len(), info[0].rows, info[0].first_date, info[0].last_date), (1, 4, day(3), day(8)));
    }
}

#[tokio::test]
async fn replace_removes_earlier_bars_and_persists() {
    for place in places().await {
        let store = &place.store;
        store.bars().replace(&series("AAPL", &[2, 3, 4]), now()).await.unwrap();
        store.bars().replace(&series("MSFT", &[2]), now()).await.unwrap();
        store.bars().replace(&series("AAPL", &[9]), now()).await.unwrap();
        let store = place.reopened().await;
        let stored = store.bars().load(&Symbol::new("AAPL").unwrap()).await.unwrap().unwrap();
        assert_eq!(stored.series, series("AAPL", &[9]));
        assert!(store.bars().load(&Symbol::new("MSFT").unwrap()).await.unwrap().is_some());
        assert!(store.bars().load(&Symbol::new("IBM").unwrap()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn replace_writes_long_series_atomically() {
    for place in places().await {
        let store = &place.store;
        let mut long = series("AAPL", &[2]);
        long.bars = day(2).iter_days().take(12_345).map(RawBar::empty).collect();
        store.bars().replace(&long, now()).await.unwrap();
        assert_eq!(store.bars().load(&long.symbol).await.unwrap().unwrap().series, long);
    }
}

/// The second series cannot be stored, so the first is not stored either.
#[tokio::test]
async fn replace_all_is_atomic() {
    for place in places().await {
        let store = &place.store;
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
}

/// No other writer replaces the series between the comparison and the commit.
#[tokio::test(flavor = "multi_thread")]
async fn replace_if_locks_series_until_commit() {
    for place in places().await {
        let (old, refreshed, file) = (series("AAPL", &[2]), series("AAPL", &[2, 3]), series("AAPL", &[2]));
        place.store.bars().replace(&old, now()).await.unwrap();
        let (meanwhile, store) = (place.store.clone(), place.store.clone());
        let refresh = std::sync::Mutex::new(None);
        let compare = |at: usize, stored: Option<&closecast_store::SeriesInfo>| {
            assert_eq!(at, 0);
            let (store, refreshed) = (meanwhile.clone(), refreshed.clone());
            // It has started, and gets time to finish unless it is blocked.
            let task = tokio::spawn(async move { store.bars().replace(&refreshed, now()).await });
            *refresh.lock().unwrap() = Some(task);
            std::thread::sleep(std::time::Duration::from_millis(300));
            assert_eq!(stored.unwrap().last_date, day(2));
            Ok::<_, StoreError>(())
        };
        let before = store.bars().replace_if(std::slice::from_ref(&file), now(), compare).await.unwrap();
        assert_eq!(before[0].as_ref().unwrap().rows, 1);
        let refresh = refresh.lock().unwrap().take().unwrap();
        refresh.await.unwrap().unwrap();
        assert_eq!(store.bars().load(&file.symbol).await.unwrap().unwrap().series, refreshed, "it is not lost");

        let shorter = |_at: usize, stored: Option<&closecast_store::SeriesInfo>| match stored {
            Some(stored) if stored.last_date > day(2) => Err(StoreError::NoBars(stored.symbol.clone())),
            _ => Ok(()),
        };
        let both = [series("A", &[2]), file];
        assert!(matches!(store.bars().replace_if(&both, now(), shorter).await, Err(StoreError::NoBars(_))));
        assert_eq!(store.bars().list().await.unwrap().len(), 1, "nothing was stored");
    }
}

#[tokio::test]
async fn replace_rejects_empty_series() {
    for place in places().await {
        let store = &place.store;
        assert!(matches!(store.bars().replace(&series("AAPL", &[]), now()).await, Err(StoreError::NoBars(_))));
    }
}

#[tokio::test]
async fn load_newest_keeps_order_of_delivery() {
    for place in places().await {
        let delivered = series("AAPL", &[9, 2, 8, 3, 8]);
        place.store.bars().replace(&delivered, now()).await.unwrap();
        let newest = place.store.bars().load_newest(&delivered.symbol, 3).await.unwrap().unwrap();
        assert_eq!(newest.series, series("AAPL", &[9, 8, 8]));
        assert!(place.store.bars().load_newest(&Symbol::new("IBM").unwrap(), 3).await.unwrap().is_none());
    }
}

/// Inserts rows with an invalid symbol, as another program might.
pub(crate) const FOREIGN: [&str; 3] = [
    "INSERT INTO series SELECT '../etc', basis, currency, source, stored_at, first_date, last_date, row_count FROM series",
    "INSERT INTO bars SELECT '../etc', position, date, open, high, low, close, adj_close, volume, dividend, split, live FROM bars",
    "INSERT INTO forecasts (symbol, model_name, model_sha256, as_of, target_date, step, last_close, point, quantiles, created_at) \
     SELECT '../etc', model_name, model_sha256, as_of, target_date, step, last_close, point, quantiles, created_at FROM forecasts",
];

#[tokio::test]
async fn list_skips_rows_with_invalid_symbol() {
    for place in places().await {
        let store = &place.store;
        store.bars().replace(&series("IBM", &[2, 3]), now()).await.unwrap();
        store.forecasts().record(&crate::samples::forecast("IBM", "one", 9), now()).await.unwrap();
        for statement in FOREIGN {
            place.sql(statement).await;
        }
        let symbols = store.bars().list().await.unwrap().into_iter().map(|info| info.symbol.to_string());
        assert_eq!(symbols.collect::<Vec<_>>(), ["IBM"]);
        assert_eq!(store.bars().stored_at().await.unwrap().len(), 1);
        let unreadable = store.bars().unreadable().await.unwrap();
        assert!(unreadable.len() == 1 && unreadable[0].to_string().contains("../etc"), "{unreadable:?}");
        assert_eq!(store.forecasts().symbols_since(now()).await.unwrap().len(), 1);
        assert_eq!(store.forecasts().unsettled_symbols(day(30)).await.unwrap().len(), 1);
        let page = store.forecasts().history(&closecast_store::HistoryFilter::default(), None, 10).await.unwrap();
        assert_eq!(page.forecasts.len(), 1);
    }
}
