//! The conformance suite finds what it is for: one planted fault makes one check fail, and no other.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "planted/autoregression.rs"]
mod autoregression;
#[path = "planted/fault.rs"]
mod fault;

use closecast_eval::conformance::{Check, NonConformity, Report, Subject, check_forecaster};
use closecast_testkit::histories::{random_walk, sine};

use self::{autoregression::Autoregression, fault::Planted};

fn checked(planted: Option<Planted>) -> Result<Report, NonConformity> {
    let build = move |seed| Autoregression { horizon: 3, seed, planted };
    // The fault is planted in what the check looks at: the sine has a forecaster of its own.
    let of_sine = planted.filter(|planted| planted.fails() == Check::SineIsLearned);
    let subject = Subject::forecaster("autoregression", 3, random_walk("AAPL", 300, 4), build)
        .seeded()
        .scale_free()
        .kept(autoregression::to_bytes, move |bytes| autoregression::from_bytes(bytes, planted))
        .learns(sine("AAPL", 300, 20.0), move |seed| Autoregression { horizon: 3, seed, planted: of_sine });
    check_forecaster(&subject)
}

#[test]
fn without_a_fault_every_check_passes() {
    let report = checked(None).unwrap();
    assert_eq!(report, Report { passed: Check::ALL.to_vec(), not_claimed: Vec::new() });
}

#[test]
fn planted_fault_fails_only_its_own_check() {
    for planted in Planted::ALL {
        let faults = checked(Some(planted)).map(|report| report.passed).unwrap_err();
        let failed: Vec<Check> = faults.failures.iter().map(|failure| failure.check).collect();
        assert_eq!(failed, [planted.fails()], "{planted:?}: {faults}");
        assert!(faults.to_string().contains(planted.message()), "{planted:?}: {faults}");
    }
}

#[test]
fn every_check_has_a_planted_fault() {
    for check in Check::ALL {
        assert!(Planted::ALL.iter().any(|planted| planted.fails() == check), "{check:?}");
    }
}
