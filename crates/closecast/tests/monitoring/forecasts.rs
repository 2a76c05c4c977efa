//! Forecasts of days long past, entered as if they had been made and settled.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use closecast_domain::{Clock as _, Forecast, History, ModelRef, Quantile, SessionForecast, SystemClock};
use closecast_store::{JobState, NewJob, SettledFilter, Store, StoredForecast};
use closecast_testkit::histories::random_walk;

/// The prices that `write_csv` writes.
pub(crate) fn history(days: usize) -> History {
    random_walk("AAPL", days, 9)
}

/// How forecasts are made: their points are naive's.
pub(crate) struct Settled {
    /// Volatility that is said, against 1.5 % that it is.
    volatility: f64,
    /// Sessions at the end of the history that nothing is forecast of.
    leave_out: usize,
}

impl Settled {
    /// Distributions that are right.
    pub(crate) fn honest() -> Self {
        Self { volatility: 0.015, leave_out: 0 }
    }

    /// Intervals that are far too narrow, of older days.
    pub(crate) fn overconfident() -> Self {
        Self { volatility: 0.004, leave_out: 380 }
    }

    fn forecast(&self, history: &History, origin: usize) -> Forecast {
        let (last, next) = (&history.bars()[origin], &history.bars()[origin + 1]);
        let levels = [(0.05, -1.645), (0.25, -0.674), (0.5, 0.0), (0.75, 0.674), (0.95, 1.645)];
        let quantile = |(level, z): (f64, f64)| Quantile { level, price: last.close * (self.volatility * z).exp() };
        let quantiles = levels.map(quantile).to_vec();
        Forecast {
            symbol: history.symbol().clone(),
            as_of: last.date,
            last_close: last.close,
            currency: None,
            model: ModelRef { name: "BASE".to_owned(), sha256: "00".to_owned() },
            sessions: vec![SessionForecast { date: next.date, point: last.close, quantiles }],
        }
    }
}

/// What a settled forecast says.
pub(crate) struct Newest {
    pub(crate) last_close: f64,
    pub(crate) point: f64,
    pub(crate) close: f64,
}

/// Returns the newest of the forecasts that [`with_settled`] enters.
pub(crate) fn newest(settled: &Settled) -> Newest {
    let history = history(450);
    let origin = history.len() - 2 - settled.leave_out;
    let made = settled.forecast(&history, origin);
    Newest { last_close: made.last_close, point: made.sessions[0].point, close: history.bars()[origin + 1].close }
}

/// Enters `count` forecasts by BASE and the closes that came.
pub(crate) fn with_settled(folder: &Path, count: usize, settled: &Settled) {
    let history = history(450);
    let end = history.len() - 1 - settled.leave_out;
    on_store(folder, async |store| {
        let forecasts = store.forecasts();
        for origin in end - count..end {
            forecasts.record(&settled.forecast(&history, origin), SystemClock.now()).await.unwrap();
        }
        let waiting = forecasts.unsettled(history.symbol(), history.last().date, None, 10_000).await.unwrap();
        let close = |made: &StoredForecast| history.bars()[history.position(made.target_date).unwrap()].close;
        let closes: Vec<_> = waiting.iter().map(|one| (one.id, Some(close(&one.forecast)))).collect();
        forecasts.settle(&closes, SystemClock.now()).await.unwrap();
        let kept = forecasts.settled(history.symbol(), &SettledFilter::default(), 10_000).await.unwrap();
        assert!(kept.len() >= count);
    });
}

/// Lets the server's worker settle forecasts, of which none waits, and judge the models, which it does then.
pub(crate) fn settle_again(folder: &Path) {
    let work = NewJob {
        kind: "settle_forecasts".to_owned(),
        payload: serde_json::json!({}),
        dedup_key: None,
        priority: 0,
        max_attempts: 1,
        requested_by: None,
    };
    on_store(folder, async |store| {
        let id = store.jobs().enqueue(work, SystemClock.now()).await.unwrap().job.id;
        let begun = Instant::now();
        loop {
            let job = store.jobs().get(&id).await.unwrap().unwrap();
            assert_eq!(job.error, None);
            if job.state == JobState::Succeeded {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{job:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
}

fn on_store(folder: &Path, work: impl AsyncFnOnce(&Store)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(folder.join("data").as_path()).await.unwrap();
        work(&store).await;
        store.close().await.unwrap();
    });
}
