//! Learning rates against PyTorch's schedulers (`fixtures/schedules.py`).
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use closecast_nn::{Schedule, ScheduleSpec};

/// The lines of a schedule: whether the epoch improved, and PyTorch's learning rate.
fn reference(name: &str) -> Vec<(bool, f64)> {
    let lines = include_str!("../fixtures/schedules.csv").lines().map(|line| line.split(',').collect::<Vec<_>>());
    let of_name = lines.filter(|fields| fields[0] == name);
    of_name.map(|fields| (fields[1] == "1", fields[2].parse().unwrap())).collect()
}

fn check(name: &str, spec: ScheduleSpec, epochs: bool) {
    let expected = reference(name);
    assert!(expected.len() > 50, "{name}");
    let mut schedule = Schedule::new(spec, 0.02, expected.len() as u64).unwrap();
    for (step, (improved, rate)) in expected.into_iter().enumerate() {
        let found = schedule.learning_rate();
        assert!((found - rate).abs() < 1e-12, "{name} at {step}: {found} instead of {rate}");
        if epochs {
            schedule.epoch_done(improved);
        } else {
            schedule.step_done();
        }
    }
}

#[test]
fn cosine_with_and_without_warm_up() {
    check("cosine", ScheduleSpec::cosine(), false);
    check("cosine_without_warm_up", ScheduleSpec::Cosine { warm_up: 0.0, floor: 0.0 }, false);
}

#[test]
fn plateau() {
    check("plateau", ScheduleSpec::plateau(), true);
    check("plateau_of_one", ScheduleSpec::Plateau { patience: 1, factor: 0.7, floor: 0.0 }, true);
}
