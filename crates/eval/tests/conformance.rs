//! Every baseline keeps to what all forecasters promise.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use closecast_domain::{Forecaster, History, Predict};
use closecast_eval::{
    AutoEts, Drift, EwmaT, GarchT, Har, Naive,
    backtest::PerSymbol,
    conformance::{Check, Report, Subject, check_forecaster},
};
use closecast_testkit::histories::random_walk;

const HORIZON: usize = 3;

fn history() -> History {
    random_walk("AAPL", 420, 21)
}

#[track_caller]
fn check<M: Predict>(subject: &Subject<M>) -> Report {
    check_forecaster(subject).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Checks a baseline by itself, and as one of a panel.
#[track_caller]
fn check_baseline<F>(name: &str, baseline: F)
where
    F: Forecaster + Clone + Send + Sync + 'static,
    F::Fitted: Send + Sync,
{
    let alone = baseline.clone();
    let report = check(&Subject::forecaster(name, HORIZON, history(), move |_| alone.clone()).scale_free());
    assert_eq!(report.passed.len() + report.not_claimed.len(), Check::ALL.len());
    assert_eq!(
        report.not_claimed,
        [Check::SineIsLearned, Check::OtherSeedOtherBits, Check::SavedAndLoadedSameBits],
        "a baseline has no seed and is not kept"
    );
    check(&Subject::panel(name, HORIZON, history(), move |_| PerSymbol(baseline.clone())).scale_free());
}

#[test]
fn naive() {
    check_baseline("naive", Naive { horizon: HORIZON });
}

#[test]
fn drift() {
    check_baseline("drift", Drift { horizon: HORIZON });
}

#[test]
fn ewma_t() {
    check_baseline("ewma-t", EwmaT { horizon: HORIZON });
}

#[test]
fn garch_t() {
    check_baseline("garch-t", GarchT { horizon: HORIZON });
}

#[test]
fn har() {
    check_baseline("har", Har { horizon: HORIZON });
}

#[test]
fn ets() {
    check_baseline("ets", AutoEts { horizon: HORIZON });
}
