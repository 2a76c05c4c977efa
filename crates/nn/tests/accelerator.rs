//! The networks on Burn's tensors beside the CPU's kernels: the same gradients, updates and forecasts but for rounding.
//!
//! Runs on every processor that the build has code for and the machine shows: Burn's backend for the CPU, and with the feature
//! `gpu` graphics processors and their stand-ins in software.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use closecast_nn::{
    Accelerator, Loss, Network, NetworkSpec, NnError, OptimiserSpec, TrainingSession, TrainingSpec, WindowSource,
};

const INPUTS: usize = 5;

/// Every part of a network alone and all together; sizes leave remainders everywhere.
fn networks() -> Vec<NetworkSpec> {
    let base = |hidden, layers, bidirectional| NetworkSpec {
        hidden,
        layers,
        bidirectional,
        dropout: 0.3,
        ..NetworkSpec::base(INPUTS, 6)
    };
    let improved = NetworkSpec { hidden: 9, ..NetworkSpec::improved(INPUTS, 6) };
    vec![
        base(1, 1, false),
        base(7, 3, false),
        base(6, 2, true),
        NetworkSpec { layer_norm: true, ..base(5, 2, false) },
        NetworkSpec { residual: true, ..base(5, 3, true) },
        NetworkSpec { attention: true, ..base(5, 1, false) },
        NetworkSpec { skip: true, ..base(4, 2, false) },
        NetworkSpec { skip: true, ..improved.clone() },
        improved,
    ]
}

fn losses() -> Vec<Loss> {
    vec![Loss::Mse, Loss::Huber { delta: 0.5 }, Loss::Pinball { levels: vec![0.1, 0.5, 0.9] }, Loss::StudentT]
}

fn training(batch_size: usize) -> TrainingSpec {
    TrainingSpec { optimiser: OptimiserSpec::default(), batch_size, clip_norm: Some(1.0), seed: 3, threads: Some(1) }
}

fn features(rows: usize) -> Vec<f32> {
    (0..rows * INPUTS).map(|i| (i as f32 * 0.61).sin() + 0.3 * (i as f32 * 0.17).cos()).collect()
}

fn accelerators() -> Vec<Accelerator> {
    let found: Vec<Accelerator> = Accelerator::every().map(Result::unwrap).collect();
    assert!(found.iter().any(|accelerator| accelerator.name() == "flex"));
    println!("on {}", found.iter().map(Accelerator::name).collect::<Vec<_>>().join(", "));
    found
}

/// Both sessions of a network, on the CPU and on an accelerator.
fn sessions(spec: &NetworkSpec, batch_size: usize, accelerator: &Accelerator) -> [TrainingSession; 2] {
    let network = Network::init(&spec.clone().check().unwrap(), 17);
    let cpu = TrainingSession::new(network.clone(), training(batch_size)).unwrap();
    [cpu, TrainingSession::on_accelerator(network, training(batch_size), accelerator.clone()).unwrap()]
}

#[test]
fn software_renderer_is_not_a_gpu() {
    match Accelerator::find() {
        Ok(accelerator) => assert_ne!(accelerator.name(), "flex"),
        Err(error) => assert!(error.to_string().contains("flex is no GPU but software"), "{error}"),
    }
}

#[test]
fn gradients_are_those_of_the_cpu() {
    let shapes = [(1, 1), (2, 3), (9, 16), (12, 37)];
    for device in accelerators() {
        for spec in networks() {
            for (loss, (lookback, count)) in losses().iter().zip(shapes) {
                compare_gradients(&device, &spec, loss, lookback, count);
            }
        }
    }
}

fn compare_gradients(device: &Accelerator, spec: &NetworkSpec, loss: &Loss, lookback: usize, count: usize) {
    let features = features(60);
    let source = WindowSource::new(&features, INPUTS, lookback).unwrap();
    let origins: Vec<usize> = (lookback - 1..lookback - 1 + count).collect();
    let width = spec.outputs / loss.outputs_per_target();
    let targets: Vec<f32> = (0..count * width).map(|i| (i as f32 * 0.4).sin()).collect();
    let [mut cpu, mut accelerator] = sessions(spec, count, device);
    let expected = cpu.step(&source, &origins, &targets, loss, 0.0).unwrap();
    let found = accelerator.step(&source, &origins, &targets, loss, 0.0).unwrap();
    let of = format!("{} {spec:?} {loss:?}", device.name());
    assert!((found.loss - expected.loss).abs() < 1e-5 * (1.0 + expected.loss.abs()), "{of}");
    for (found, expected) in accelerator.gradients().zip(cpu.gradients()) {
        let largest = expected.values.iter().fold(1e-3f32, |largest, value| largest.max(value.abs()));
        for (a, b) in found.values.iter().zip(expected.values) {
            assert!((a - b).abs() < 2e-5 * largest, "{of} {}: {a} {b}", expected.name);
        }
    }
}

#[test]
fn twenty_updates_lead_to_the_same_forecasts() {
    let features = features(60);
    let source = WindowSource::new(&features, INPUTS, 8).unwrap();
    let origins: Vec<usize> = (7..40).collect();
    let targets: Vec<f32> = (0..66).map(|i| (i as f32 * 0.4).sin()).collect();
    for device in accelerators() {
        for spec in networks() {
            let spec = NetworkSpec { outputs: 2, ..spec };
            let [mut cpu, mut accelerator] = sessions(&spec, 33, &device);
            for _ in 0..20 {
                cpu.step(&source, &origins, &targets, &Loss::Mse, 1e-3).unwrap();
                accelerator.step(&source, &origins, &targets, &Loss::Mse, 1e-3).unwrap();
            }
            let expected = cpu.forward(&source, &origins).unwrap();
            let found = accelerator.forward(&source, &origins).unwrap();
            let of = format!("{} {spec:?}", device.name());
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4), "{of}: {found:?} {expected:?}");
            let on_cpu = accelerator.network().forward(&source, &origins).unwrap();
            assert!(found.iter().zip(&on_cpu).all(|(a, b)| (a - b).abs() < 1e-5), "{of}: the weights are the same");
        }
    }
}

#[test]
fn more_windows_than_fit_one_pass_are_forecast_in_their_order() {
    let features = features(1100);
    let source = WindowSource::new(&features, INPUTS, 2).unwrap();
    let origins: Vec<usize> = (1..1100).rev().collect();
    let spec = NetworkSpec { hidden: 4, layers: 1, ..NetworkSpec::base(INPUTS, 1) };
    for device in accelerators() {
        let [cpu, accelerator] = sessions(&spec, 1, &device);
        let (a, b) = (cpu.forward(&source, &origins).unwrap(), accelerator.forward(&source, &origins).unwrap());
        assert_eq!(a.len(), b.len());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5), "{}", device.name());
    }
}

#[test]
fn bad_numbers_are_refused_as_on_the_cpu() {
    let mut features = features(40);
    features[7] = f32::NAN;
    let source = WindowSource::new(&features, INPUTS, 4).unwrap();
    let sessions = accelerators().into_iter().flat_map(|device| sessions(&NetworkSpec::base(INPUTS, 1), 4, &device));
    for mut session in sessions {
        let non_finite = session.step(&source, &[3, 4], &[0.0, 0.0], &Loss::Mse, 1e-3);
        assert!(matches!(non_finite, Err(NnError::NonFiniteInput { row: 1, .. })), "{non_finite:?}");
        assert!(matches!(session.forward(&source, &[3]), Err(NnError::NonFiniteInput { .. })));
        let huge = session.step(&source, &[30], &[f32::MAX], &Loss::Mse, 1e-3);
        assert!(matches!(huge, Err(NnError::NonFinite { .. })), "{huge:?}");
        assert!(session.step(&source, &[30], &[0.5], &Loss::Mse, 1e-3).is_ok(), "the session is still good");
    }
}
