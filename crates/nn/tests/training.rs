//! Training as a whole: gradients by finite differences, the same bits again, learning, and refusal of bad numbers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use closecast_nn::{
    Loss, Network, NetworkSpec, NnError, OptimiserKind, OptimiserSpec, Quantity, StepReport, TrainingSession,
    TrainingSpec, WindowSource, shuffled,
};
use safetensors::SafeTensors;

const LOOKBACK: usize = 9;

fn network(layers: usize, bidirectional: bool, dropout: f32) -> Network {
    let spec = NetworkSpec { hidden: 10, layers, bidirectional, dropout, ..NetworkSpec::base(3, 2) };
    Network::init(&spec.check().unwrap(), 17)
}

fn training(batch_size: usize, threads: Option<usize>) -> TrainingSpec {
    TrainingSpec { optimiser: OptimiserSpec::default(), batch_size, clip_norm: Some(1.0), seed: 3, threads }
}

fn features(rows: usize) -> Vec<f32> {
    (0..rows * 3).map(|i| (i as f32 * 0.61).sin() + 0.3 * (i as f32 * 0.17).cos()).collect()
}

fn targets(origins: &[usize]) -> Vec<f32> {
    origins.iter().flat_map(|&t| [(t as f32 * 0.4).sin(), (t as f32 * 0.9).cos()]).collect()
}

fn bits(network: &Network) -> Vec<u32> {
    network.tensors().flat_map(|tensor| tensor.values.iter().map(|value| value.to_bits())).collect()
}

/// The network with one of its numbers replaced.
fn with_value(network: &Network, tensor: &str, element: usize, value: f32) -> Network {
    let mut bytes = network.to_safetensors(BTreeMap::new()).unwrap();
    let start = {
        let data = SafeTensors::deserialize(&bytes).unwrap().tensor(tensor).unwrap().data();
        data.as_ptr().addr() - bytes.as_ptr().addr() + 4 * element
    };
    bytes[start..start + 4].copy_from_slice(&value.to_le_bytes());
    Network::from_safetensors(&bytes).unwrap().0
}

/// Loss of the first step, whose dropout mask depends on nothing but the seed.
fn first_step(network: Network, origins: &[usize]) -> (StepReport, TrainingSession) {
    let features = features(80);
    let source = WindowSource::new(&features, 3, LOOKBACK).unwrap();
    let mut session = TrainingSession::new(network, training(origins.len(), Some(1))).unwrap();
    let report = session.step(&source, origins, &targets(origins), &Loss::Mse, 0.0).unwrap();
    (report, session)
}

/// Dropout and both directions included. The step of 1/128 balances the rounding of the loss (1e-7 / step) against the
/// curvature (step²); both are below 1e-4 here, against gradients above 1e-2.
#[test]
fn gradients_are_finite_differences_of_the_loss() {
    let origins: Vec<usize> = (LOOKBACK..LOOKBACK + 21).collect();
    let improved = NetworkSpec { hidden: 10, ..NetworkSpec::improved(3, 2) };
    let improved = Network::init(&improved.check().unwrap(), 17);
    for network in [network(1, false, 0.0), network(3, false, 0.4), network(2, true, 0.4), improved] {
        let (_, session) = first_step(network.clone(), &origins);
        for (tensor, gradient) in network.tensors().zip(session.gradients()) {
            let element = (0..gradient.values.len())
                .max_by(|&a, &b| gradient.values[a].abs().total_cmp(&gradient.values[b].abs()))
                .unwrap();
            let step = 1.0 / 128.0;
            let loss = |shift: f32| {
                let value = tensor.values[element] + shift;
                first_step(with_value(&network, tensor.name, element, value), &origins).0.loss
            };
            let numeric = (loss(step) - loss(-step)) / f64::from(2.0 * step);
            let analytic = f64::from(gradient.values[element]);
            let unseen = tensor.name == "lstm.weight_hh_l1_reverse" && network.spec().layers == 2;
            assert_eq!(analytic == 0.0, unseen, "{}: of the last reverse direction one step is seen", tensor.name);
            assert!(
                (numeric - analytic).abs() < 3e-5 + 0.02 * analytic.abs(),
                "{}[{element}]: {numeric} {analytic}",
                tensor.name
            );
        }
    }
}

#[test]
fn gradient_norm_is_that_of_the_gradients() {
    let (report, session) = first_step(network(2, false, 0.0), &[20, 30, 40]);
    let sum: f64 = session.gradients().flat_map(|g| g.values.iter().map(|&v| f64::from(v).powi(2))).sum();
    assert!((report.gradient_norm - sum.sqrt()).abs() < 1e-9 * sum.sqrt());
}

/// 300 samples are 19 tiles in 16 groups. Sums of 300 in another order differ by a few rounding errors.
#[test]
fn gradient_of_a_batch_is_the_mean_of_its_parts() {
    let origins: Vec<usize> = (0..300).map(|sample| LOOKBACK + (sample * 7) % 70).collect();
    let (whole_report, whole) = first_step(network(2, false, 0.0), &origins);
    let parts: Vec<_> = origins.chunks(10).map(|part| first_step(network(2, false, 0.0), part)).collect();
    let loss = parts.iter().map(|(report, _)| report.loss).sum::<f64>() / 30.0;
    assert!((loss - whole_report.loss).abs() < 1e-6 * loss);
    for (index, whole) in whole.gradients().enumerate() {
        let largest = whole.values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        for (at, value) in whole.values.iter().enumerate() {
            let part = |session: &TrainingSession| session.gradients().nth(index).unwrap().values[at];
            let mean = parts.iter().map(|(_, session)| f64::from(part(session))).sum::<f64>() / 30.0;
            assert!((mean as f32 - value).abs() < 1e-5 * largest, "{}[{at}]: {mean} {value}", whole.name);
        }
    }
}

/// If the second tile repeated the masks of the first, the mean loss would be the same with it.
#[test]
fn every_row_of_a_batch_has_its_own_dropout_mask() {
    let loss = |count| first_step(network(2, false, 0.5), &vec![40; count]).0.loss;
    assert!((loss(16) / loss(32) - 1.0).abs() > 1e-6);
    assert!((loss(1) / loss(2) - 1.0).abs() > 1e-6);
}

fn train(batch_size: usize, threads: Option<usize>, seed: u64) -> Vec<u32> {
    let features = features(700);
    let source = WindowSource::new(&features, 3, LOOKBACK).unwrap();
    let spec = TrainingSpec { seed, ..training(batch_size, threads) };
    let mut session = TrainingSession::new(network(2, true, 0.3), spec).unwrap();
    let all: Vec<usize> = (LOOKBACK - 1..700).collect();
    for batch in shuffled(&all, seed, 0).chunks(batch_size) {
        session.step(&source, batch, &targets(batch), &Loss::Huber { delta: 0.5 }, 3e-3).unwrap();
    }
    bits(session.network())
}

/// 37 leaves a remainder in tiles and in the last batch; 300 is more tiles than groups of them.
#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for batch_size in [37, 300] {
        let one = train(batch_size, Some(1), 42);
        assert_eq!(one, train(batch_size, Some(1), 42), "not reproducible");
        assert_eq!(one, train(batch_size, Some(2), 42), "two threads");
        assert_eq!(one, train(batch_size, Some(5), 42), "five threads");
        assert_eq!(one, train(batch_size, None, 42), "the current pool");
        assert_ne!(one, train(batch_size, Some(1), 43), "the seed has no effect");
    }
}

#[test]
fn window_gives_the_same_bits_alone_and_in_a_batch() {
    let features = features(80);
    let source = WindowSource::new(&features, 3, LOOKBACK).unwrap();
    let origins: Vec<usize> = (LOOKBACK - 1..80).collect();
    for network in [network(1, false, 0.2), network(3, true, 0.2)] {
        let together = network.forward(&source, &origins).unwrap();
        for (at, &origin) in origins.iter().enumerate() {
            let alone = network.forward(&source, &[origin]).unwrap();
            assert_eq!(alone, &together[2 * at..2 * at + 2]);
        }
        assert!(network.forward(&source, &[]).unwrap().is_empty());
    }
}

/// The forward pass of a session sees each update, and has no dropout.
#[test]
fn session_forecasts_with_its_current_weights() {
    let features = features(80);
    let source = WindowSource::new(&features, 3, LOOKBACK).unwrap();
    let origins: Vec<usize> = (20..60).collect();
    let mut session = TrainingSession::new(network(2, false, 0.5), training(40, Some(2))).unwrap();
    let before = session.forward(&source, &origins).unwrap();
    assert_eq!(before, session.forward(&source, &origins).unwrap());
    session.step(&source, &origins, &targets(&origins), &Loss::Mse, 1e-2).unwrap();
    let after = session.forward(&source, &origins).unwrap();
    assert_ne!(before, after);
    assert_eq!(session.steps(), 1);
    let bytes = session.into_network().to_safetensors(BTreeMap::new()).unwrap();
    assert_eq!(after, Network::from_safetensors(&bytes).unwrap().0.forward(&source, &origins).unwrap());
}

#[test]
fn learns_a_sine() {
    let features: Vec<f32> = (0..300).map(|i| (i as f32 * 0.25).sin()).collect();
    let source = WindowSource::new(&features, 1, 12).unwrap();
    let spec = NetworkSpec { hidden: 12, layers: 2, bidirectional: false, dropout: 0.0, ..NetworkSpec::base(1, 1) };
    let network = Network::init(&spec.check().unwrap(), 1);
    let mut session = TrainingSession::new(network, training(32, Some(1))).unwrap();
    let all: Vec<usize> = (11..299).collect();
    let mut losses = Vec::new();
    for epoch in 0..20 {
        let mut sum = 0.0;
        for batch in shuffled(&all, 7, epoch).chunks(32) {
            let targets: Vec<f32> = batch.iter().map(|&t| features[t + 1]).collect();
            sum += session.step(&source, batch, &targets, &Loss::Mse, 1e-2).unwrap().loss / 9.0;
        }
        losses.push(sum);
    }
    assert!(losses[19] < 0.01 * losses[0] && losses[19] < 3e-3, "{losses:?}");
}

#[test]
fn batches_that_cannot_be_used_are_refused_and_change_nothing() {
    let mut values = features(80);
    values[3 * 50 + 1] = f32::INFINITY;
    let source = WindowSource::new(&values, 3, LOOKBACK).unwrap();
    let mut session = TrainingSession::new(network(1, false, 0.0), training(4, Some(1))).unwrap();
    let before = bits(session.network());
    let mut refused = |origins: &[usize], targets: &[f32], loss: &Loss, rate| {
        session.step(&source, origins, targets, loss, rate).unwrap_err().to_string()
    };
    let cases = [
        (refused(&[52], &[0.0; 2], &Loss::Mse, 0.1), "features holds inf at row 50, column 1"),
        (refused(&[20], &[0.0, f32::NAN], &Loss::Mse, 0.1), "targets holds NaN at row 0, column 1"),
        (refused(&[20], &[0.0], &Loss::Mse, 0.1), "targets has length 1, but 2 is needed"),
        (refused(&[], &[], &Loss::Mse, 0.1), "the number of samples of a batch is 0"),
        (refused(&[20; 5], &[0.0; 10], &Loss::Mse, 0.1), "the number of samples of a batch is 5"),
        (refused(&[7], &[0.0; 2], &Loss::Mse, 0.1), "a window of 9 rows cannot end at row 7"),
        (refused(&[80], &[0.0; 2], &Loss::Mse, 0.1), "a window of 9 rows cannot end at row 80"),
        (refused(&[20], &[0.0; 2], &Loss::Mse, f64::NAN), "learning_rate is NaN"),
        (refused(&[20], &[0.0; 2], &Loss::Huber { delta: 0.0 }, 0.1), "delta is 0"),
    ];
    for (message, expected) in cases {
        assert!(message.starts_with(expected), "{message}");
    }
    assert!(session.network().forward(&source, &[30, 55]).is_err());
    let narrow = WindowSource::new(&values[..80], 2, LOOKBACK).unwrap();
    assert!(matches!(session.network().forward(&narrow, &[30]), Err(NnError::Length { found: 2, expected: 3, .. })));
    assert_eq!(bits(session.network()), before);
}

/// Divergence ends with its step and quantity; loss and gradient are noticed before they reach the weights.
#[test]
fn every_step_has_its_own_mask() {
    let (features, origins) = (features(80), [20, 30, 40]);
    let source = WindowSource::new(&features, 3, LOOKBACK).unwrap();
    let mut session = TrainingSession::new(network(2, false, 0.5), training(3, Some(1))).unwrap();
    let mut loss = || session.step(&source, &origins, &targets(&origins), &Loss::Mse, 0.0).unwrap().loss;
    assert_ne!(loss(), loss(), "nothing but the mask differs at a learning rate of 0");
}

#[test]
fn gradient_that_would_overflow_the_optimiser_is_refused() {
    let features = features(80);
    let source = WindowSource::new(&features, 3, LOOKBACK).unwrap();
    let spec = TrainingSpec { clip_norm: None, ..training(2, Some(1)) };
    let mut session = TrainingSession::new(network(1, false, 0.0), spec).unwrap();
    let before = bits(session.network());
    let error = session.step(&source, &[20, 30], &[1e22; 4], &Loss::Mse, 1e-3).unwrap_err();
    assert!(matches!(error, NnError::NonFinite { quantity: Quantity::Gradient, .. }), "{error}");
    assert_eq!(bits(session.network()), before);
}

#[test]
fn forecasts_that_overflow_are_refused() {
    let features = features(80);
    let source = WindowSource::new(&features, 3, LOOKBACK).unwrap();
    let huge = with_value(&network(1, false, 0.0), "head.bias", 0, f32::MAX);
    let huge = (0..10).fold(huge, |network, unit| with_value(&network, "head.weight", unit, f32::MAX));
    for origins in [vec![20], (20..60).collect()] {
        let outputs = huge.forward(&source, &origins).map(|outputs| outputs.iter().any(|value| !value.is_finite()));
        assert!(matches!(outputs, Ok(false) | Err(NnError::NonFiniteOutput { .. })), "{outputs:?}");
    }
    let non_finite = (0..10).fold(huge, |network, unit| with_value(&network, "lstm.bias_ih_l0", 30 + unit, 3e38));
    let non_finite = (0..10).fold(non_finite, |network, unit| with_value(&network, "lstm.bias_ih_l0", 20 + unit, 3e38));
    let outputs = non_finite.forward(&source, &[20]);
    assert!(matches!(outputs, Err(NnError::NonFiniteOutput { .. })), "{outputs:?}");
}

#[test]
fn largest_consecutive_windows_can_be_forecast() {
    let wide = NetworkSpec { hidden: 1, layers: 1, ..NetworkSpec::base(4096, 1) }.check().unwrap();
    let values = vec![0.25; 4096 * 4106];
    let source = WindowSource::new(&values, 4096, 4096).unwrap();
    let network = Network::init(&wide, 1);
    let outputs = network.forward(&source, &Vec::from_iter(4095..4105)).unwrap();
    assert_eq!(network.forward(&source, &[4100]).unwrap(), outputs[5..6]);
}

#[test]
fn divergence_is_an_error() {
    let mut values = features(80);
    values.iter_mut().step_by(3).for_each(|value| *value = 0.0);
    let source = WindowSource::new(&values, 3, LOOKBACK).unwrap();
    let attempt = |network: &Network, target: f32, decay: f64| {
        let optimiser = OptimiserSpec { kind: OptimiserKind::AdamW, weight_decay: decay, ..OptimiserSpec::default() };
        let mut session =
            TrainingSession::new(network.clone(), TrainingSpec { optimiser, ..training(2, Some(1)) }).unwrap();
        session.step(&source, &[20, 30], &[0.0; 4], &Loss::Mse, 0.0).ok();
        let before = bits(session.network());
        let error = session.step(&source, &[20, 30], &[target; 4], &Loss::Mse, 10.0).unwrap_err();
        if let NnError::NonFinite { step: 1, last_gradient_norm, .. } = error {
            assert!(last_gradient_norm > 0.0, "the diagnosis contains the last finite gradient norm");
        }
        (error, before == bits(session.network()))
    };
    let network = network(1, false, 0.0);
    let (error, unchanged) = attempt(&network, 3e38, 0.0);
    assert!(matches!(error, NnError::NonFinite { quantity: Quantity::Gradient, step: 1, .. }), "{error}");
    assert!(unchanged && error.to_string().contains("lower the learning rate"), "{error}");

    let huge = with_value(&network, "head.bias", 0, f32::MAX);
    let huge = (0..10).fold(huge, |network, unit| with_value(&network, "head.weight", unit, -f32::MAX));
    let (error, unchanged) = attempt(&huge, 0.0, 0.0);
    assert!(matches!(error, NnError::NonFinite { quantity: Quantity::Loss | Quantity::Gradient, step: 0 | 1, .. }));
    assert!(unchanged);

    // The first input is always zero, so its weight reaches neither the loss nor the gradient.
    let hidden = with_value(&network, "lstm.weight_ih_l0", 0, 3e38);
    let (error, _) = attempt(&hidden, 0.0, 10.0);
    assert!(matches!(error, NnError::NonFinite { quantity: Quantity::Parameter, step: 1, .. }), "{error}");
}

#[test]
fn settings_are_checked_by_name() {
    let attempt = |spoil: fn(&mut TrainingSpec)| {
        let mut spec = training(8, Some(1));
        spoil(&mut spec);
        TrainingSession::new(network(1, false, 0.0), spec).unwrap_err().to_string()
    };
    assert!(attempt(|s| s.batch_size = 0).starts_with("batch_size is 0"));
    assert!(attempt(|s| s.threads = Some(0)).starts_with("threads is 0"));
    assert!(attempt(|s| s.clip_norm = Some(f64::NAN)).starts_with("clip_norm is NaN"));
    assert!(attempt(|s| s.optimiser.beta2 = 1.0).starts_with("beta2 is 1"));
}

#[test]
fn excessive_memory_is_refused_before_allocation() {
    let spec = NetworkSpec { hidden: 500, layers: 2, bidirectional: false, dropout: 0.0, ..NetworkSpec::base(1, 1) };
    let network = Network::init(&spec.check().unwrap(), 1);
    let features = vec![0.0; 5000];
    let source = WindowSource::new(&features, 1, 4096).unwrap();
    let mut session = TrainingSession::new(network, training(256, Some(1))).unwrap();
    let error = session.step(&source, &[4999], &[0.0], &Loss::Mse, 0.1).unwrap_err();
    assert!(matches!(error, NnError::Memory { .. }), "{error}");
}

#[test]
fn training_beyond_its_memory_is_refused_with_both_amounts() {
    let network = network(2, false, 0.0);
    let bytes = closecast_nn::training_bytes(network.spec(), 64, 4);
    assert!(closecast_nn::training_bytes(network.spec(), 256, 4) > bytes, "a larger batch takes more");
    assert!(closecast_nn::training_bytes(network.spec(), 64, 40) > bytes, "a longer window takes more");
    let features = vec![0.5; 100 * network.spec().inputs];
    let source = WindowSource::new(&features, network.spec().inputs, 4).unwrap();
    let targets = vec![0.0; network.spec().outputs];
    for (most, fits) in [(bytes - 1, false), (bytes, true)] {
        let mut session = TrainingSession::new(network.clone(), training(64, Some(1))).unwrap().memory_limit(most);
        match session.step(&source, &[99], &targets, &Loss::Mse, 0.1) {
            Ok(_) => assert!(fits),
            Err(NnError::Memory { bytes: needed, limit, .. }) => {
                assert_eq!((fits, needed, limit), (false, bytes, most));
            }
            Err(other) => panic!("{other}"),
        }
    }
}
