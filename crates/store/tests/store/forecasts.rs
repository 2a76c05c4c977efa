//! Forecasts.

use chrono::TimeDelta;
use closecast_domain::Symbol;
use closecast_store::{HistoryFilter, SettledFilter};

use crate::{
    place::places,
    samples::{day, forecast, now, series},
};

#[tokio::test]
async fn record_keeps_first_of_repeated_forecasts() {
    for place in places().await {
        let store = &place.store;
        let symbol = Symbol::new("AAPL").unwrap();
        let mut forecast = forecast("AAPL", "ab", 8);
        store.forecasts().record(&forecast, now()).await.unwrap();
        forecast.sessions[0].point = 999.0;
        store.forecasts().record(&forecast, now()).await.unwrap();
        let stored = store.forecasts().newest(&symbol, 10).await.unwrap();
        assert_eq!(stored.len(), 1);
        assert_eq!((stored[0].point, stored[0].step, stored[0].quantiles.len()), (101.0, 1, 2));
    }
}

#[tokio::test]
async fn history_pages_newest_first_without_repeats_or_gaps() {
    for place in places().await {
        let store = place.store.forecasts();
        for (minute, symbol) in ["AAPL", "IBM"].into_iter().cycle().take(25).enumerate() {
            let minutes = TimeDelta::minutes(i64::try_from(minute / 3).unwrap());
            store.record(&forecast(symbol, &format!("model {minute}"), 8), now() + minutes).await.unwrap();
        }
        for (filter, expected) in [
            (HistoryFilter::default(), 25),
            (HistoryFilter { symbol: Some(Symbol::new("IBM").unwrap()), ..HistoryFilter::default() }, 12),
            (HistoryFilter { model_name: Some("AAPL".into()), ..HistoryFilter::default() }, 13),
            (HistoryFilter { made_from: Some(now() + TimeDelta::minutes(2)), ..HistoryFilter::default() }, 19),
            (HistoryFilter { made_before: Some(now() + TimeDelta::minutes(2)), ..HistoryFilter::default() }, 6),
        ] {
            let (mut cursor, mut seen) = (None, Vec::new());
            loop {
                let page = store.history(&filter, cursor, 4).await.unwrap();
                assert!(page.forecasts.len() <= 4);
                seen.extend(page.forecasts);
                // A forecast made meanwhile precedes the first page and changes no later page.
                if page.next.is_none() {
                    break;
                }
                cursor = page.next;
            }
            let mut models: Vec<_> = seen.iter().map(|forecast| forecast.model.sha256.clone()).collect();
            assert!(seen.windows(2).all(|pair| pair[0].created_at >= pair[1].created_at));
            models.sort();
            models.dedup();
            assert_eq!((seen.len(), models.len()), (expected, expected), "{filter:?}");
        }
    }
}

#[tokio::test]
async fn settle_records_close_of_unsettled_forecast() {
    for place in places().await {
        let store = place.store.forecasts();
        store.record(&forecast("AAPL", "one", 8), now()).await.unwrap();
        store.record(&forecast("AAPL", "one", 9), now()).await.unwrap();
        store.record(&forecast("IBM", "one", 10), now()).await.unwrap();
        let aapl = Symbol::new("AAPL").unwrap();
        assert_eq!(store.unsettled_symbols(day(9)).await.unwrap(), std::slice::from_ref(&aapl));
        let waiting = store.unsettled(&aapl, day(9), None, 10).await.unwrap();
        assert_eq!(waiting.iter().map(|w| w.forecast.target_date).collect::<Vec<_>>(), [day(8), day(9)]);
        assert_eq!(store.unsettled(&aapl, day(9), Some(waiting[0].id), 10).await.unwrap(), waiting[1..]);
        store.settle(&[(waiting[0].id, Some(102.5)), (waiting[1].id, None)], now()).await.unwrap();
        assert!(store.unsettled(&aapl, day(9), None, 10).await.unwrap().is_empty());
        let kept = store.newest(&aapl, 10).await.unwrap();
        assert_eq!(kept.iter().map(|f| f.realised_close).collect::<Vec<_>>(), [None, Some(102.5)]);
        assert!(kept.iter().all(|f| f.settled_at == Some(now())));
    }
}

#[tokio::test]
async fn delete_before_removes_old_forecasts_in_batches() {
    for place in places().await {
        let store = place.store.forecasts();
        for (number, symbol) in ["AAPL", "IBM"].into_iter().cycle().take(9).enumerate() {
            let days = TimeDelta::days(i64::try_from(number).unwrap());
            store.record(&forecast(symbol, &format!("model {number}"), 8), now() + days).await.unwrap();
        }
        let old = now() + TimeDelta::days(5);
        assert_eq!(store.delete_before(old, 3).await.unwrap(), 3);
        assert_eq!(store.delete_before(old, 3).await.unwrap(), 2);
        assert_eq!(store.delete_before(old, 3).await.unwrap(), 0);
        assert_eq!(store.history(&HistoryFilter::default(), None, 10).await.unwrap().forecasts.len(), 4);
    }
}

#[tokio::test]
async fn settled_returns_one_forecast_per_session_newest_first() {
    for place in places().await {
        let store = place.store.forecasts();
        let aapl = Symbol::new("AAPL").unwrap();
        // Two forecasts of the 9th, the second made last; one two sessions ahead; one of a date without session.
        for (sha256, target) in [("one", 8), ("one", 9), ("two", 9), ("one", 10), ("one", 11), ("one", 12)] {
            store.record(&forecast("AAPL", sha256, target), now()).await.unwrap();
        }
        let mut two_ahead = forecast("AAPL", "far", 14);
        two_ahead.sessions.insert(0, forecast("AAPL", "far", 13).sessions[0].clone());
        store.record(&two_ahead, now()).await.unwrap();
        store.record(&forecast("IBM", "one", 9), now() + TimeDelta::days(1)).await.unwrap();
        let waiting = store.unsettled(&aapl, day(31), None, 100).await.unwrap();
        let close = |w: &closecast_store::Unsettled| match w.forecast.target_date {
            date if date == day(11) => None,
            date if date == day(9) && w.forecast.model.sha256 == "two" => Some(109.0),
            _ => Some(100.0),
        };
        let closes: Vec<_> =
            waiting.iter().filter(|w| w.forecast.target_date != day(12)).map(|w| (w.id, close(w))).collect();
        store.settle(&closes, now()).await.unwrap();

        let all = store.settled(&aapl, &SettledFilter::default(), 100).await.unwrap();
        let days: Vec<_> = all.iter().map(|f| f.target_date).collect();
        assert_eq!(days, [day(13), day(10), day(9), day(8)], "one-step forecasts of settled sessions only");
        assert_eq!((all[2].model.sha256.as_str(), all[2].realised_close), ("two", Some(109.0)));
        let from = SettledFilter { from: Some(day(10)), ..SettledFilter::default() };
        assert_eq!(store.settled(&aapl, &from, 100).await.unwrap(), all[..2]);
        assert_eq!(store.settled(&aapl, &SettledFilter::default(), 2).await.unwrap(), all[..2]);
        let other = SettledFilter { model_name: Some("BASE".into()), ..SettledFilter::default() };
        assert!(store.settled(&aapl, &other, 100).await.unwrap().is_empty());
        for symbol in ["AAPL", "IBM", "MSFT"] {
            place.store.bars().replace(&series(symbol, &[2, 3]), now()).await.unwrap();
        }
        let lately = store.symbols_since(now()).await.unwrap();
        assert_eq!(lately.iter().map(Symbol::as_str).collect::<Vec<_>>(), ["AAPL", "IBM"]);
        let later = store.symbols_since(now() + TimeDelta::hours(1)).await.unwrap();
        assert_eq!(later.iter().map(Symbol::as_str).collect::<Vec<_>>(), ["IBM"]);
    }
}
