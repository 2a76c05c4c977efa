//! Forward pass, gradients and optimisers against PyTorch (`fixtures/lstm.py`).
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod fixture;

use closecast_nn::{InstructionSet, Loss, OptimiserKind, OptimiserSpec, TrainingSession, TrainingSpec};
use fixture::Fixture;

/// Sums of up to 600 products in another order and with another exponential: 1e-6 and a few bits more.
const TOLERANCE: f64 = 2e-5;

fn training(batch_size: usize) -> TrainingSpec {
    TrainingSpec { optimiser: OptimiserSpec::default(), batch_size, clip_norm: None, seed: 0, threads: Some(1) }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0f32, |largest, value| largest.max(value.abs()))
}

/// The largest difference, relative to the largest value of the tensor; what is all zero must be found so.
fn relative_error(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().all(|value| value.is_finite()));
    let differences: Vec<f32> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
    if largest(expected) == 0.0 {
        f64::from(largest(found))
    } else {
        f64::from(largest(&differences) / largest(expected))
    }
}

fn check_gradients(name: &str) {
    for set in InstructionSet::available() {
        check_gradients_on(set, name);
    }
}

fn check_gradients_on(set: InstructionSet, name: &str) {
    let fixture = Fixture::read(name);
    let (source, origins) = (fixture.source(), fixture.origins());
    let network = fixture.network().with_instruction_set(set);
    let predictions = network.forward(&source, &origins).unwrap();
    let error = relative_error(&predictions, &fixture.values("prediction"));
    assert!(error < TOLERANCE, "{name} on {set}: prediction {error:.1e}");

    let loss = match fixture.metadata("loss") {
        "mse" => Loss::Mse,
        "huber" => Loss::Huber { delta: 0.5 },
        "pinball" => Loss::Pinball { levels: vec![0.05, 0.25, 0.5, 0.9] },
        "student_t" => Loss::StudentT,
        other => panic!("unknown loss {other}"),
    };
    let mut session = TrainingSession::new(network, training(origins.len())).unwrap();
    let report = session.step(&source, &origins, &fixture.values("y"), &loss, 0.0).unwrap();
    let expected = f64::from(fixture.values("loss")[0]);
    assert!((report.loss / expected - 1.0).abs() < TOLERANCE, "{name}: loss {} {expected}", report.loss);
    for tensor in session.gradients() {
        let error = relative_error(tensor.values, &fixture.values(&format!("gradient.{}", tensor.name)));
        assert!(error < TOLERANCE, "{name} on {set}: gradient of {} {error:.1e}", tensor.name);
    }
}

#[test]
fn one_layer() {
    check_gradients("one_layer");
}

#[test]
fn two_layers() {
    check_gradients("two_layers");
}

#[test]
fn three_layers() {
    check_gradients("three_layers");
}

#[test]
fn bidirectional() {
    check_gradients("bidirectional");
}

#[test]
fn deep_bidirectional() {
    check_gradients("deep_bidirectional");
}

#[test]
fn huber() {
    check_gradients("huber");
}

#[test]
fn pinball() {
    check_gradients("pinball");
}

#[test]
fn student_t() {
    check_gradients("student_t");
}

#[test]
fn layer_norm() {
    check_gradients("norm");
}

#[test]
fn residual_connections() {
    check_gradients("residual");
}

#[test]
fn attention() {
    check_gradients("attention");
}

#[test]
fn skip_connection() {
    check_gradients("skip");
}

#[test]
fn improved_network() {
    check_gradients("improved");
}

/// Ten steps with clipping; loss, norm before clipping, and the parameters at the end.
fn check_optimiser(name: &str, kind: OptimiserKind) {
    let fixture = Fixture::read(name);
    let (source, origins, targets) = (fixture.source(), fixture.origins(), fixture.values("y"));
    let number = |key: &str| fixture.metadata(key).parse::<f64>().unwrap();
    let optimiser = OptimiserSpec {
        kind,
        beta1: number("beta1"),
        beta2: number("beta2"),
        epsilon: number("eps"),
        weight_decay: number("weight_decay"),
    };
    let spec = TrainingSpec { optimiser, clip_norm: Some(number("clip")), ..training(origins.len()) };
    let mut session = TrainingSession::new(fixture.network(), spec).unwrap();
    let (losses, norms) = (fixture.values("losses"), fixture.values("norms"));
    assert!(norms.iter().any(|&norm| f64::from(norm) > number("clip")), "the fixture must clip");
    for (&loss, &norm) in losses.iter().zip(&norms) {
        let report = session.step(&source, &origins, &targets, &Loss::Mse, number("lr")).unwrap();
        assert!((report.loss / f64::from(loss) - 1.0).abs() < 1e-4, "{name}: {} {loss}", report.loss);
        assert!((report.gradient_norm / f64::from(norm) - 1.0).abs() < 1e-3, "{name}: {} {norm}", report.gradient_norm);
    }
    for tensor in session.network().tensors() {
        // Rounding of the gradients is amplified where Adam's second moment is near zero.
        let error = relative_error(tensor.values, &fixture.values(&format!("after.{}", tensor.name)));
        assert!(error < 1e-4, "{name}: {} {error:.1e}", tensor.name);
    }
}

#[test]
fn adam() {
    check_optimiser("adam", OptimiserKind::Adam);
}

#[test]
fn adamw() {
    check_optimiser("adamw", OptimiserKind::AdamW);
}
