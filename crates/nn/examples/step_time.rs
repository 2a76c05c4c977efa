//! Times a training step, or a forward pass, as `train_lstm_torch.py` times PyTorch's: random data, Adam, dropout 0.2.
//!
//! ```text
//! cargo run --release -p closecast-nn --example step_time -- LAYERS HIDDEN FEATURES STEPS BATCH THREADS [infer|bidirectional]
//! ```
#![expect(clippy::print_stdout, reason = "a command-line program")]

use std::error::Error;
use std::time::Instant;

use closecast_nn::{
    Loss, Network, NetworkSpec, OptimiserSpec, TrainingSession, TrainingSpec, WindowSource, instruction_set,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut numbers = [2, 50, 16, 60, 32, 2];
    for (number, argument) in numbers.iter_mut().zip(&arguments) {
        *number = argument.parse::<usize>()?;
    }
    let mode = arguments.get(6).map_or("train", String::as_str);
    let [layers, hidden, inputs, lookback, batch, threads] = numbers;
    let bidirectional = mode == "bidirectional";
    let spec = NetworkSpec { hidden, layers, bidirectional, dropout: 0.2, ..NetworkSpec::base(inputs, 1) }.check()?;

    let rows = batch + lookback;
    let features: Vec<f32> = (0..rows * inputs).map(|i| (i as f32 * 12.9898).sin() * 1.7).collect();
    let source = WindowSource::new(&features, inputs, lookback)?;
    let origins: Vec<usize> = (lookback - 1..lookback - 1 + batch).collect();
    let targets: Vec<f32> = (0..batch).map(|i| (i as f32 * 78.233).sin()).collect();
    let training = TrainingSpec {
        optimiser: OptimiserSpec::default(),
        batch_size: batch,
        clip_norm: None,
        seed: 42,
        threads: Some(threads),
    };
    let mut session = TrainingSession::new(Network::init(&spec, 42), training)?;
    let mut times = Vec::new();
    let begin = Instant::now();
    while times.len() < 70 || begin.elapsed().as_secs_f64() < 2.0 {
        let start = Instant::now();
        if mode == "infer" {
            session.forward(&source, &origins)?;
        } else {
            session.step(&source, &origins, &targets, &Loss::Mse, 1e-3)?;
        }
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let mut times = times.split_off(10);
    times.sort_by(f64::total_cmp);
    let (median, best) = (times[times.len() / 2], times[0]);
    println!(
        "{} {mode} layers {layers} hidden {hidden} inputs {inputs} steps {lookback} batch {batch} threads {threads}: \
         {median:.3} ms (best {best:.3}), {:.0} samples/s",
        instruction_set(),
        batch as f64 / median * 1e3
    );
    Ok(())
}
