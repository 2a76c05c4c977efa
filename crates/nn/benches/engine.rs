//! Benchmarks of training steps and forecasts, by network shape.
//!
//! ```text
//! cargo bench -p closecast-nn                      all
//! cargo bench -p closecast-nn -- train/small       one
//! ```
//! `closecast bench` and `bench/peers` compare with PyTorch; these compare with earlier versions.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;
use std::time::Duration;

use closecast_nn::{Loss, Network, NetworkSpec, OptimiserSpec, TrainingSession, TrainingSpec, WindowSource};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const LOOKBACK: usize = 60;
const INPUTS: usize = 16;

/// Windows of a batch, on features without a pattern.
struct Batch {
    features: Vec<f32>,
    origins: Vec<usize>,
    targets: Vec<f32>,
}

impl Batch {
    fn new(size: usize) -> Self {
        let rows = size + LOOKBACK;
        Self {
            features: (0..rows * INPUTS).map(|i| (i as f32 * 12.9898).sin() * 1.7).collect(),
            origins: (LOOKBACK - 1..LOOKBACK - 1 + size).collect(),
            targets: (0..size).map(|i| (i as f32 * 78.233).sin()).collect(),
        }
    }

    fn source(&self) -> WindowSource<'_> {
        WindowSource::new(&self.features, INPUTS, LOOKBACK).unwrap()
    }
}

fn session(network: NetworkSpec, batch_size: usize) -> TrainingSession {
    let spec =
        TrainingSpec { optimiser: OptimiserSpec::default(), batch_size, clip_norm: Some(1.0), seed: 42, threads: None };
    TrainingSession::new(Network::init(&network.check().unwrap(), 42), spec).unwrap()
}

/// Training steps.
///
/// * `small`: the base network. A regression here makes every training, walk-forward and search slower in proportion; the
///   usual causes are work outside the kernels (packing, the update, waiting for threads), 5 % of a step today.
/// * `improved`: layer norm, residual connections and attention beside the LSTM. A regression here and not in `small` is in
///   their kernels.
/// * `wide`: 256 units. A regression here alone is one of memory: weights no longer stream through the caches.
fn train(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("train");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    let wide = NetworkSpec { hidden: 256, ..NetworkSpec::base(INPUTS, 1) };
    for (name, network, size) in [
        ("small", NetworkSpec::base(INPUTS, 1), 32),
        ("improved", NetworkSpec::improved(INPUTS, 1), 32),
        ("wide", wide, 64),
    ] {
        let batch = Batch::new(size);
        let source = batch.source();
        let mut session = session(network, size);
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| session.step(&source, &batch.origins, &batch.targets, &Loss::Mse, 1e-3).unwrap());
        });
    }
    group.finish();
}

/// Forecasts of the base network. `1` is the latency of an uncached request: a regression means that the units no longer sit
/// in the lanes, or that the recurrent weights fell out of the first-level cache. `512` is the batch route and validation.
fn infer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("infer");
    group.sample_size(30).measurement_time(Duration::from_secs(3));
    let network = Network::init(&NetworkSpec::base(INPUTS, 1).check().unwrap(), 42);
    for size in [1, 512] {
        let batch = Batch::new(size);
        let source = batch.source();
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| black_box(network.forward(&source, &batch.origins).unwrap()));
        });
    }
    group.finish();
}

criterion_group!(benches, train, infer);
criterion_main!(benches);
