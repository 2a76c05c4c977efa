//! Conformance suite of all forecasters, networks and baselines, in the manner of scikit-learn's `check_estimator`.
//!
//! A [`Subject`] describes how a forecaster is fitted and which properties it claims beyond the traits of closecast-domain;
//! [`check_forecaster`] checks all of them.
//!
//! ```
//! use closecast_eval::{Naive, conformance::{Check, Subject, check_forecaster}};
//! use closecast_testkit::histories::random_walk;
//!
//! let build = |_seed| Naive { horizon: 2 };
//! let subject = Subject::forecaster("naive", 2, random_walk("AAPL", 300, 1), build).scale_free();
//! let report = check_forecaster(&subject)?;
//! assert!(report.passed.contains(&Check::ScaleInvariance));
//! assert!(report.not_claimed.contains(&Check::SineIsLearned));
//! # Ok::<(), closecast_eval::conformance::NonConformity>(())
//! ```

mod cancellation;
mod comparison;
mod harness;
mod isolation;
mod report;
mod reproducibility;
mod robustness;
mod scale;
mod shape;
mod short_history;
mod sine;
mod subject;
mod test_data;
mod violation;

use std::panic::{AssertUnwindSafe, catch_unwind};

use closecast_domain::Predict;

use self::harness::Harness;

pub use self::report::{Check, Failure, NonConformity, Report};
pub use self::subject::{PanelModel, Subject};
pub use self::violation::Violation;

/// Runs every check that applies to a forecaster, even after failures.
///
/// # Errors
/// [`NonConformity`] lists the failed checks with their violations. If the forecaster cannot be fitted to the subject's
/// history, that is the only failure.
pub fn check_forecaster<M: Predict>(subject: &Subject<M>) -> Result<Report, NonConformity> {
    let name = subject.name.clone();
    let harness = match catch_panic(|| Harness::new(subject)) {
        Ok(harness) => harness,
        Err(violation) => {
            return Err(NonConformity { name, failures: vec![Failure { check: Check::Fits, violation }] });
        }
    };
    let mut report = Report { passed: vec![Check::Fits], not_claimed: Vec::new() };
    let mut failures = Vec::new();
    for check in Check::ALL.into_iter().filter(|check| *check != Check::Fits) {
        if !subject.claims(check) {
            report.not_claimed.push(check);
            continue;
        }
        match catch_panic(|| run(check, &harness)) {
            Ok(()) => report.passed.push(check),
            Err(violation) => failures.push(Failure { check, violation }),
        }
    }
    if failures.is_empty() { Ok(report) } else { Err(NonConformity { name, failures }) }
}

fn run<M: Predict>(check: Check, harness: &Harness<'_, M>) -> Result<(), Violation> {
    match check {
        Check::Fits => Ok(()),
        Check::SineIsLearned => sine::is_learned(harness),
        Check::SameSeedSameBits => reproducibility::same_seed(harness),
        Check::OtherSeedOtherBits => reproducibility::other_seed(harness),
        Check::SavedAndLoadedSameBits => reproducibility::saved_and_loaded(harness),
        Check::AloneAsInBatch => isolation::alone_as_in_batch(harness),
        Check::NothingAfterTheOrigin => isolation::nothing_after_the_origin(harness),
        Check::Cancellation => cancellation::check(harness),
        Check::ExtremePrices => robustness::extreme_prices(harness),
        Check::ConstantPrices => robustness::constant_prices(harness),
        Check::ShortHistory => short_history::check(harness),
        Check::DatesAreSessions => shape::dates(harness),
        Check::QuantilesRise => shape::quantiles(harness),
        Check::PricesArePositive => shape::positive(harness),
        Check::ScaleInvariance => scale::check(harness),
    }
}

/// Converts a panic into a violation: a forecaster must not panic on any history.
fn catch_panic<T>(work: impl FnOnce() -> Result<T, Violation>) -> Result<T, Violation> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Err(Violation::Panicked { message: message.unwrap_or_else(|| "without a message".to_owned()) })
    })
}
