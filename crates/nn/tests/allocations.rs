//! A training step does not allocate, so its time does not depend on the allocator. With several threads, their queue
//! allocates a block occasionally: about 32 in 1000 steps.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use closecast_nn::{Loss, Network, NetworkSpec, OptimiserSpec, TrainingSession, TrainingSpec, WindowSource};

/// Returns how often the third step allocates; the first takes all memory.
fn allocations(spec: NetworkSpec, loss: &Loss) -> u64 {
    let spec = spec.check().unwrap();
    let features: Vec<f32> = (0..100 * spec.inputs).map(|i| (i as f32 * 0.7).sin()).collect();
    let source = WindowSource::new(&features, spec.inputs, 20).unwrap();
    let origins: Vec<usize> = (19..19 + 37).collect();
    let targets = vec![0.1; origins.len()];
    let training = TrainingSpec {
        optimiser: OptimiserSpec::default(),
        batch_size: origins.len(),
        clip_norm: Some(1.0),
        seed: 1,
        threads: Some(1),
    };
    let mut session = TrainingSession::new(Network::init(&spec, 1), training).unwrap();
    let mut step = || session.step(&source, &origins, &targets, loss, 1e-3).unwrap();
    step();
    step();
    allocation_counter::measure(|| {
        step();
    })
    .count_total
}

#[test]
fn training_step_does_not_allocate() {
    assert_eq!(allocations(NetworkSpec::base(3, 1), &Loss::Mse), 0);
    assert_eq!(allocations(NetworkSpec { hidden: 10, ..NetworkSpec::improved(3, 3) }, &Loss::StudentT), 0);
    let levels = vec![0.1, 0.5, 0.9];
    assert_eq!(allocations(NetworkSpec { hidden: 10, ..NetworkSpec::base(3, 3) }, &Loss::Pinball { levels }), 0);
    assert!(
        allocation_counter::measure(|| drop(std::hint::black_box(vec![1; 1000]))).count_total > 0,
        "allocations are counted"
    );
}

#[test]
fn memory_bytes_includes_packed_weights_after_a_forecast() {
    let shapes = [
        NetworkSpec::base(16, 1),
        NetworkSpec { hidden: 33, ..NetworkSpec::base(35, 2) },
        NetworkSpec { hidden: 7, layers: 1, ..NetworkSpec::base(3, 1) },
        NetworkSpec::improved(16, 3),
    ];
    for spec in shapes {
        let spec = spec.check().unwrap();
        let features: Vec<f32> = (0..100 * spec.inputs).map(|i| (i as f32 * 0.7).sin()).collect();
        let source = WindowSource::new(&features, spec.inputs, 20).unwrap();
        let forecast = || {
            let network = Network::init(&spec, 1);
            // More windows than are computed one by one, but too few for another thread.
            network.forward(&source, &[50]).unwrap();
            network.forward(&source, &Vec::from_iter(50..62)).unwrap();
            network
        };
        // The first one also allocates the buffers that the thread keeps.
        drop(forecast());
        let mut network = None;
        let taken = allocation_counter::measure(|| network = Some(forecast()));
        let said = network.map_or(0, |network| network.memory_bytes()) as f64 / taken.bytes_current as f64;
        assert!((0.97..1.15).contains(&said), "{spec:?}: {said} of the {} bytes taken", taken.bytes_current);
    }
}
