//! What every forecaster has to keep to, whatever it computes: one suite for networks and baselines, in the manner of
//! scikit-learn's `check_estimator`.
//!
//! A [`Subject`] tells how a fresh forecaster is fitted and what it claims beyond the traits of closecast-domain;
//! [`check_forecaster`] holds it to all of that.
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

mod bench;
mod cancellation;
mod comparison;
mod fault;
mod isolation;
mod material;
mod report;
mod reproducibility;
mod robustness;
mod scale;
mod shape;
mod short_history;
mod sine;
mod subject;

use std::panic::{AssertUnwindSafe, catch_unwind};

use closecast_domain::Predict;

use self::bench::Bench;

pub use fault::Fault;
pub use report::{Check, Failure, NonConformity, Report};
pub use subject::{PanelModel, Subject};

/// Holds a forecaster to every check that applies to it. All are run, whatever fails before.
///
/// # Errors
/// [`NonConformity`] lists the checks that failed, each with what was found. Where the forecaster cannot even be fitted
/// to the subject's history, that is the one failure told.
pub fn check_forecaster<M: Predict>(subject: &Subject<M>) -> Result<Report, NonConformity> {
    let name = subject.name.clone();
    let bench = match caught(|| Bench::new(subject)) {
        Ok(bench) => bench,
        Err(fault) => return Err(NonConformity { name, failures: vec![Failure { check: Check::Fits, fault }] }),
    };
    let mut report = Report { passed: vec![Check::Fits], not_claimed: Vec::new() };
    let mut failures = Vec::new();
    for check in Check::ALL.into_iter().filter(|check| *check != Check::Fits) {
        if !subject.claims(check) {
            report.not_claimed.push(check);
            continue;
        }
        match caught(|| run(check, &bench)) {
            Ok(()) => report.passed.push(check),
            Err(fault) => failures.push(Failure { check, fault }),
        }
    }
    if failures.is_empty() { Ok(report) } else { Err(NonConformity { name, failures }) }
}

fn run<M: Predict>(check: Check, bench: &Bench<'_, M>) -> Result<(), Fault> {
    match check {
        Check::Fits => Ok(()),
        Check::SineIsLearned => sine::is_learned(bench),
        Check::SameSeedSameBits => reproducibility::same_seed(bench),
        Check::OtherSeedOtherBits => reproducibility::other_seed(bench),
        Check::SavedAndLoadedSameBits => reproducibility::saved_and_loaded(bench),
        Check::AloneAsInBatch => isolation::alone_as_in_batch(bench),
        Check::NothingAfterTheOrigin => isolation::nothing_after_the_origin(bench),
        Check::Cancellation => cancellation::check(bench),
        Check::ExtremePrices => robustness::extreme_prices(bench),
        Check::ConstantPrices => robustness::constant_prices(bench),
        Check::ShortHistory => short_history::check(bench),
        Check::DatesAreSessions => shape::dates(bench),
        Check::QuantilesRise => shape::quantiles(bench),
        Check::PricesArePositive => shape::positive(bench),
        Check::ScaleInvariance => scale::check(bench),
    }
}

/// Turns a panic into a fault: a forecaster must not panic on any history.
fn caught<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Err(Fault::Panicked { message: message.unwrap_or_else(|| "without a message".to_owned()) })
    })
}
