//! Retries, pace and circuit breaker over a provider that answers by script. Time is tokio's, paused: nothing sleeps.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use closecast_data::{
    guard::{GuardSettings, Guarded, State},
    provider::{FetchRange, Provider, ProviderError},
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

/// Answers with the errors of its script in turn, then with success; notes when it was asked.
#[derive(Default)]
struct Scripted {
    errors: Mutex<VecDeque<ProviderError>>,
    asked: Mutex<Vec<Instant>>,
    takes: Duration,
}

impl Scripted {
    fn failing(errors: impl IntoIterator<Item = ProviderError>) -> Arc<Self> {
        Arc::new(Self { errors: Mutex::new(errors.into_iter().collect()), ..Self::default() })
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Milliseconds between one question and the next.
    fn gaps(&self) -> Vec<u128> {
        self.asked.lock().unwrap().windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect()
    }
}

#[async_trait]
impl Provider for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    async fn fetch(&self, symbol: &Symbol, _range: FetchRange) -> Result<RawSeries, ProviderError> {
        self.asked.lock().unwrap().push(Instant::now());
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

/// Neither pace nor retries, three failures open for a minute.
fn plain() -> GuardSettings {
    GuardSettings {
        requests_per_second: 0.0,
        max_retries: 0,
        failures_to_open: 3,
        cool_down: COOL_DOWN,
        ..GuardSettings::default()
    }
}

fn guarded(provider: &Arc<Scripted>, settings: GuardSettings) -> Arc<Guarded<Arc<Scripted>>> {
    Arc::new(Guarded::new(Arc::clone(provider), settings, Arc::new(TokioClock(Instant::now()))))
}

async fn fetch(guarded: &Guarded<Arc<Scripted>>) -> Result<RawSeries, ProviderError> {
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
async fn retries_wait_longer_each_time_and_end_in_the_answer() {
    let provider = Scripted::failing([
        unavailable(),
        ProviderError::Timeout { after: Duration::from_secs(1) },
        ProviderError::Network { reason: String::new() },
    ]);
    let settings = GuardSettings { max_retries: 3, failures_to_open: 9, ..plain() };
    fetch(&guarded(&provider, settings)).await.unwrap();
    let gaps = provider.gaps();
    // 0.5, 1 and 2 s, each with up to as much again; tokio's timer is a millisecond coarse.
    assert_eq!(gaps.len(), 3);
    for (gap, wait) in gaps.iter().zip([500, 1000, 2000]) {
        assert!((wait..=2 * wait + 2).contains(gap), "{gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_error_is_returned_when_the_retries_are_used_up() {
    let provider = Scripted::failing([unavailable(), unavailable(), limited(0), unknown()]);
    let settings = GuardSettings { max_retries: 2, failures_to_open: 9, ..plain() };
    assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), limited(0));
    assert_eq!(provider.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn answers_are_not_asked_for_again() {
    let range = FetchRange::new("2024-01-01".parse().unwrap(), "2024-02-01".parse().unwrap());
    for answer in [
        unknown(),
        ProviderError::NoData { symbol: symbol(), range },
        ProviderError::BadRequest { reason: String::new() },
        ProviderError::Blocked { status: 403, reason: String::new() },
        ProviderError::Misconfigured { reason: String::new() },
    ] {
        let provider = Scripted::failing([answer.clone()]);
        let settings = GuardSettings { max_retries: 3, ..plain() };
        assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), answer);
        assert_eq!(provider.asked(), 1, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_for() {
    let provider = Scripted::failing([limited(20)]);
    let settings = GuardSettings { max_retries: 1, ..plain() };
    fetch(&guarded(&provider, settings)).await.unwrap();
    let gap = provider.gaps()[0];
    assert!((20_000..20_010).contains(&gap), "{gap}");
}

#[tokio::test(start_paused = true)]
async fn a_longer_wait_than_allowed_is_handed_to_the_caller_at_once() {
    let provider = Scripted::failing([limited(50)]);
    let settings = GuardSettings { max_retries: 3, total_wait: Duration::from_secs(45), ..plain() };
    let start = Instant::now();
    assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), limited(50));
    assert_eq!((provider.asked(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn the_waits_of_one_fetch_add_up_to_the_total_at_most() {
    let provider = Scripted::failing((0..9).map(|_| limited(20)));
    let settings =
        GuardSettings { max_retries: 9, failures_to_open: 99, total_wait: Duration::from_secs(45), ..plain() };
    let start = Instant::now();
    assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), limited(20));
    assert_eq!(provider.asked(), 3);
    assert!(start.elapsed() < Duration::from_secs(45));
}

#[tokio::test(start_paused = true)]
async fn all_callers_and_retries_share_one_pace() {
    let provider = Scripted::failing([unavailable()]);
    let settings = GuardSettings {
        requests_per_second: 4.0,
        max_retries: 1,
        first_wait: Duration::ZERO,
        longest_wait: Duration::ZERO,
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
async fn the_breaker_opens_cools_down_and_closes_after_a_good_trial() {
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
    assert_eq!(provider.asked(), 3, "nothing is sent while it is open");
    sleep(Duration::from_secs(2)).await;
    fetch(&guarded).await.unwrap();
    assert_eq!(guarded.state(), State::Closed { failures: 0 });
}

#[tokio::test(start_paused = true)]
async fn a_failed_trial_opens_it_again() {
    let provider = Scripted::failing((0..4).map(|_| unavailable()));
    let guarded = guarded(&provider, plain());
    for _ in 0..3 {
        fetch(&guarded).await.unwrap_err();
    }
    sleep(Duration::from_secs(100)).await;
    assert_eq!(fetch(&guarded).await.unwrap_err(), unavailable());
    let State::Open { until } = guarded.state() else { panic!("{:?}", guarded.state()) };
    assert!((159..=161).contains(&until.timestamp()), "{until}");
    assert_eq!(provider.asked(), 4);
}

#[tokio::test(start_paused = true)]
async fn only_one_trial_is_let_through_and_a_trial_given_up_makes_room() {
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
    assert_eq!(provider.asked(), 4);
    trial.abort();
    assert!(trial.await.unwrap_err().is_cancelled());
    fetch(&guarded).await.unwrap();
    assert_eq!(guarded.state(), State::Closed { failures: 0 });
}

#[tokio::test(start_paused = true)]
async fn an_answer_ends_the_row_of_failures() {
    let provider = Scripted::failing([unavailable(), unavailable(), unknown(), unavailable(), unavailable()]);
    let guarded = guarded(&provider, plain());
    for _ in 0..5 {
        fetch(&guarded).await.unwrap_err();
    }
    assert_eq!(guarded.state(), State::Closed { failures: 2 });
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_ends_after_the_opening_does_not_prolong_it() {
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
async fn a_wish_for_a_longer_pause_is_granted_at_once() {
    let provider = Scripted::failing([limited(600)]);
    let guarded = guarded(&provider, plain());
    assert_eq!(fetch(&guarded).await.unwrap_err(), limited(600));
    assert_eq!(guarded.state(), State::Open { until: epoch_plus(600) });
}

#[tokio::test(start_paused = true)]
async fn retries_stop_when_the_breaker_opens_and_tell_the_cause() {
    let provider = Scripted::failing((0..9).map(|_| unavailable()));
    let settings = GuardSettings { max_retries: 9, ..plain() };
    assert_eq!(fetch(&guarded(&provider, settings)).await.unwrap_err(), unavailable());
    assert_eq!(provider.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn settings_that_the_operator_has_to_correct_do_not_count() {
    let provider = Scripted::failing((0..9).map(|_| ProviderError::Misconfigured { reason: String::new() }));
    let guarded = guarded(&provider, plain());
    for _ in 0..9 {
        fetch(&guarded).await.unwrap_err();
    }
    assert_eq!(guarded.state(), State::Closed { failures: 0 });
}
