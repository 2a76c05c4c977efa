//! Rate limit, retries and circuit breaker around a scripted provider. Tokio's time is paused: nothing sleeps.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use closecast_data::{
    provider::{FetchRange, Provider, ProviderError},
    resilience::{ResilienceSettings, ResilientProvider, State},
};
use closecast_domain::{Clock, PriceBasis, RawSeries, Symbol};
use tokio::time::{Instant, sleep};

/// The clock of the tests: tokio's.
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::from_std(self.0.elapsed()).unwrap()
    }
}

/// Returns the scripted errors in turn, then succeeds; records the time of each request.
#[derive(Default)]
struct Scripted {
    errors: Mutex<VecDeque<ProviderError>>,
    requests: Mutex<Vec<Instant>>,
    takes: Duration,
}

impl Scripted {
    fn failing(errors: impl IntoIterator<Item = ProviderError>) -> Arc<Self> {
        Arc::new(Self { errors: Mutex::new(errors.into_iter().collect()), ..Self::default() })
    }

    fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// Milliseconds between requests.
    fn gaps(&self) -> Vec<u128> {
        self.requests.lock().unwrap().windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect()
    }
}

#[async_trait]
impl Provider for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    async fn fetch(&self, symbol: &Symbol, _range: FetchRange) -> Result<RawSeries, ProviderError> {
        self.requests.lock().unwrap().push(Instant::now());
        sleep(self.takes).await;
        let error = self.errors.lock().unwrap().pop_front();
        error.map_or_else(
            || {
                let (symbol, basis, source) = (symbol.clone(), PriceBasis::SplitAdjusted, self.name().to_owned());
                Ok(RawSeries { symbol, basis, currency: None, source, bars: Vec::new() })
            },
            Err,
        )
    }
}

const COOL_DOWN: Duration = Duration::from_secs(60);

/// No rate limit and no retries; three failures open the breaker for a minute.
fn plain() -> ResilienceSettings {
    ResilienceSettings {
        requests_per_second: 0.0,
        max_retries: 0,
        failures_to_open: 3,
        cool_down: COOL_DOWN,
        ..ResilienceSettings::default()
    }
}

fn guarded(provider: &Arc<Scripted>, settings: ResilienceSettings) -> Arc<ResilientProvider<Arc<Scripted>>> {
    Arc::new(ResilientProvider::new(Arc::clone(provider), settings, Arc::new(TokioClock(Instant::now()))))
}

async fn fetch(guarded: &ResilientProvider<Arc<Scripted>>) -> Result<RawSeries, ProviderError> {
    let range = FetchRange::new("2024-01-01".parse().unwrap(), "2024-02-01".parse().unwrap());
    guarded.fetch(&symbol(), range).await
}

fn symbol() -> Symbol {
    "AAPL".parse().unwrap()
}

fn unavailable() -> ProviderError {
    ProviderError::Unavailable { status: 503, retry_after: None }
}

fn limited(seconds: u64) -> ProviderError {
    ProviderError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) }
}

fn unknown() -> ProviderError {
    ProviderError::UnknownSymbol { symbol: symbol(), answer: String::new() }
}

fn epoch_plus(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

#[tokio::test(start_paused = true)]
async fn retries_back_off_until_success() {
    let provider = Scripted::failing([
        unavailable(),
        ProviderError::Timeout { after: Duration::from_secs(1) },
        ProviderError::Network { reason: String::new() },
    ]);
    let settings = ResilienceSettings { max_retries: 3, failures_to_open: 9, ..plain() };
    fetch(&guarded(&provider, settings)).await.unwrap();
    let gaps = provider.gaps();
    // 0.5, 1 and 2 s, each with up to as much again; tokio's timer is a millisecond coarse.
    assert_eq!(gaps.len(), 3);
    for (gap, wait) in gaps.iter().zip([500, 1000, 2000]) {
        assert!((wait..=2 * wait + 2).contains(gap), "{gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn last_error_is_returned_after_max_retries() {
    let provider = Scripted::failing([unavailable(), unavailable(), limited(0), unknown()]);
    let settings = ResilienceSettings { max_retries: 2, failures_to_open: 9, ..plain() };
    assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), limited(0));
    assert_eq!(provider.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn permanent_errors_are_not_retried() {
    let range = FetchRange::new("2024-01-01".parse().unwrap(), "2024-02-01".parse().unwrap());
    for answer in [
        unknown(),
        ProviderError::NoData { symbol: symbol(), range },
        ProviderError::BadRequest { reason: String::new() },
        ProviderError::Blocked { status: 403, reason: String::new() },
        ProviderError::Misconfigured { reason: String::new() },
    ] {
        let provider = Scripted::failing([answer.clone()]);
        let settings = ResilienceSettings { max_retries: 3, ..plain() };
        assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), answer);
        assert_eq!(provider.requests(), 1, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_respected() {
    let provider = Scripted::failing([limited(20)]);
    let settings = ResilienceSettings { max_retries: 1, ..plain() };
    fetch(&guarded(&provider, settings)).await.unwrap();
    let gap = provider.gaps()[0];
    assert!((20_000..20_010).contains(&gap), "{gap}");
}

#[tokio::test(start_paused = true)]
async fn excessive_retry_after_is_returned_at_once() {
    let provider = Scripted::failing([limited(50)]);
    let settings = ResilienceSettings { max_retries: 3, max_total_wait: Duration::from_secs(45), ..plain() };
    let start = Instant::now();
    assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), limited(50));
    assert_eq!((provider.requests(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn total_wait_of_a_fetch_is_limited() {
    let provider = Scripted::failing((0..9).map(|_| limited(20)));
    let settings =
        ResilienceSettings { max_retries: 9, failures_to_open: 99, max_total_wait: Duration::from_secs(45), ..plain() };
    let start = Instant::now();
    assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), limited(20));
    assert_eq!(provider.requests(), 3);
    assert!(start.elapsed() < Duration::from_secs(45));
}

#[tokio::test(start_paused = true)]
async fn callers_and_retries_share_one_rate_limit() {
    let provider = Scripted::failing([unavailable()]);
    let settings = ResilienceSettings {
        requests_per_second: 4.0,
        max_retries: 1,
        initial_backoff: Duration::ZERO,
        max_backoff: Duration::ZERO,
        ..plain()
    };
    let guarded = guarded(&provider, settings);
    let tasks = (0..5).map(|_| {
        let guarded = Arc::clone(&guarded);
        tokio::spawn(async move { fetch(&guarded).await })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    let gaps = provider.gaps();
    assert_eq!(gaps.len(), 5, "five callers and one retry");
    assert!(gaps.iter().all(|gap| (249..=252).contains(gap)), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn breaker_opens_and_closes_after_successful_trial() {
    let provider = Scripted::failing((0..3).map(|_| unavailable()));
    let guarded = guarded(&provider, plain());
    for failures in 1..=2 {
        fetch(&guarded).await.unwrap_err();
        assert_eq!(guarded.state(), State::Closed { failures });
    }
    fetch(&guarded).await.unwrap_err();
    let until = epoch_plus(60);
    assert_eq!(guarded.state(), State::Open { until });
    sleep(Duration::from_secs(59)).await;
    assert_eq!(fetch(&guarded).await.unwrap_err(), ProviderError::CircuitOpen { until });
    assert_eq!(provider.requests(), 3, "nothing is sent while it is open");
    sleep(Duration::from_secs(2)).await;
    fetch(&guarded).await.unwrap();
    assert_eq!(guarded.state(), State::Closed { failures: 0 });
}

#[tokio::test(start_paused = true)]
async fn failed_trial_reopens_breaker() {
    let provider = Scripted::failing((0..4).map(|_| unavailable()));
    let guarded = guarded(&provider, plain());
    for _ in 0..3 {
        fetch(&guarded).await.unwrap_err();
    }
    sleep(Duration::from_secs(100)).await;
    assert_eq!(fetch(&guarded).await.unwrap_err(), unavailable());
    let State::Open { until } = guarded.state() else { panic!("{:?}", guarded.state()) };
    assert!((159..=161).contains(&until.timestamp()), "{until}");
    assert_eq!(provider.requests(), 4);
}

#[tokio::test(start_paused = true)]
async fn half_open_breaker_admits_one_trial_at_a_time() {
    let mut provider = Scripted::failing((0..3).map(|_| unavailable()));
    Arc::get_mut(&mut provider).unwrap().takes = Duration::from_secs(5);
    let guarded = guarded(&provider, plain());
    for _ in 0..3 {
        fetch(&guarded).await.unwrap_err();
    }
    sleep(COOL_DOWN).await;
    let trial = tokio::spawn({
        let guarded = Arc::clone(&guarded);
        async move { fetch(&guarded).await }
    });
    sleep(Duration::from_secs(1)).await;
    assert_eq!(guarded.state(), State::HalfOpen);
    assert!(matches!(fetch(&guarded).await, Err(ProviderError::CircuitOpen { .. })));
    assert_eq!(provider.requests(), 4);
    trial.abort();
    assert!(trial.await.unwrap_err().is_cancelled());
    fetch(&guarded).await.unwrap();
    assert_eq!(guarded.state(), State::Closed { failures: 0 });
}

#[tokio::test(start_paused = true)]
async fn success_resets_failure_count() {
    let provider = Scripted::failing([unavailable(), unavailable(), unknown(), unavailable(), unavailable()]);
    let guarded = guarded(&provider, plain());
    for _ in 0..5 {
        fetch(&guarded).await.unwrap_err();
    }
    assert_eq!(guarded.state(), State::Closed { failures: 2 });
}

#[tokio::test(start_paused = true)]
async fn late_failure_does_not_extend_open_state() {
    let mut provider = Scripted::failing((0..4).map(|_| unavailable()));
    Arc::get_mut(&mut provider).unwrap().takes = Duration::from_secs(5);
    let guarded = guarded(&provider, plain());
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let guarded = Arc::clone(&guarded);
        tasks.push(tokio::spawn(async move { fetch(&guarded).await }));
        sleep(Duration::from_secs(1)).await;
    }
    for task in tasks {
        task.await.unwrap().unwrap_err();
    }
    // The third failure ends at 7 s, the fourth at 8 s.
    let State::Open { until } = guarded.state() else { panic!("{:?}", guarded.state()) };
    assert_eq!(until.timestamp(), 67);
}

#[tokio::test(start_paused = true)]
async fn retry_after_beyond_cool_down_opens_breaker_at_once() {
    let provider = Scripted::failing([limited(600)]);
    let guarded = guarded(&provider, plain());
    assert_eq!(fetch(&guarded).await.unwrap_err(), limited(600));
    assert_eq!(guarded.state(), State::Open { until: epoch_plus(600) });
}

#[tokio::test(start_paused = true)]
async fn retries_stop_when_breaker_opens_and_return_cause() {
    let provider = Scripted::failing((0..9).map(|_| unavailable()));
    let settings = ResilienceSettings { max_retries: 9, ..plain() };
    assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), unavailable());
    assert_eq!(provider.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn misconfiguration_does_not_count_as_failure() {
    let provider = Scripted::failing((0..9).map(|_| ProviderError::Misconfigured { reason: String::new() }));
    let guarded = guarded(&provider, plain());
    for _ in 0..9 {
        fetch(&guarded).await.unwrap_err();
    }
    assert_eq!(guarded.state(), State::Closed { failures: 0 });
}
